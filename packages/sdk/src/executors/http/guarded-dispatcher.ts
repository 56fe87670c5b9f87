// Connections that the address guard lets pass: it is asked with the very address that is about to be used, so that a name
// that resolves differently the second time gains nothing. Addresses of a machine's credentials are never connected to.

import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { refuseAddress, type AddressPolicy } from '@tutti/schemas/network';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { ExecutorError } from '../../worker/executor.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS_PER_HOST = 32;

export interface GuardOptions {
  /** Which policy holds for a host. */
  readonly policyOf: (host: string) => AddressPolicy;
  /** Resolves names; the system's resolver when not given. */
  readonly lookup?: LookupFunction | undefined;
}

/** The owner closes it with `destroy()`. */
export function createGuardedDispatcher({ policyOf, lookup = systemLookup }: GuardOptions): Dispatcher {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: guardedLookup(policyOf, lookup) });
  return new Agent({
    connections: MAX_CONNECTIONS_PER_HOST,
    // Deadlines belong to the caller.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(target, callback) {
      // A literal address is connected to without any lookup.
      const refusal =
        isIP(target.hostname) === 0 ? undefined : refuseAddress(target.hostname, policyOf(target.hostname));
      if (refusal === undefined) connect(target, callback);
      else queueMicrotask(() => callback(refusedAddress(target.hostname, refusal), null));
    },
  });
}

export function refusedAddress(host: string, refusal: string): ExecutorError {
  return new ExecutorError(
    'refused_address',
    `${refusal} If ${host} is meant to be called, name it in allowedHosts of the agent's configuration.`,
  );
}

/** Resolves to the allowed addresses only; fails when none is left. */
function guardedLookup(policyOf: (host: string) => AddressPolicy, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, '', 0);
      const addresses = typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
      const policy = policyOf(hostname);
      const allowed = addresses.filter(({ address }) => refuseAddress(address, policy) === undefined);
      const [first] = allowed;
      if (first === undefined) {
        const refusal = refuseAddress(addresses[0]?.address ?? '', policy) ?? 'It has no address.';
        return callback(refusedAddress(hostname, refusal), '', 0);
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
