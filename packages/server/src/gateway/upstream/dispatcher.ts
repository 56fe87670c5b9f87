// The HTTP client under an HTTP link: connections to one origin. Every new connection passes the address guard with the very address that it
// uses. HTTP/1.1 only: a stream has a connection of its own, so that none waits for the flow control of another.

import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Clock } from '../../kernel/clock.ts';
import { refuseAddress, type AddressPolicy } from '@tutti/schemas/network';

/** Connections of one link; requests beyond wait for a free one. */
const MAX_CONNECTIONS = 1_024;
const CONNECT_TIMEOUT_MS = 10_000;
/** Idle connections are kept this long unless the server says otherwise. */
const KEEP_ALIVE_MS = 4_000;

export interface DispatcherOptions {
  /** Which policy holds for a host; `declared` for all when not given. */
  readonly policyOf?: (host: string) => AddressPolicy;
  /** Resolves names; the system's resolver when not given. */
  readonly lookup?: LookupFunction;
  /** Tries again where nobody listens, and nowhere else: no request was sent then. */
  readonly retryRefused?: RefusedRetry | undefined;
}

interface RefusedRetry {
  readonly clock: Clock;
  /** After the first. */
  readonly attempts: number;
  readonly delayMs: number;
}

/** A connection that the address guard refused. */
class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

/** The owner closes it with `destroy()`. */
export function createDispatcher(origin: string, options: DispatcherOptions = {}): Dispatcher {
  const policyOf = options.policyOf ?? (() => 'declared' as const);
  return new Pool(origin, {
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Deadlines belong to the caller: a silent stream may be a healthy one.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: guardedConnector(policyOf, options.lookup ?? systemLookup, options.retryRefused),
  });
}

function guardedConnector(
  policyOf: (host: string) => AddressPolicy,
  lookup: LookupFunction,
  retry: RefusedRetry | undefined,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    lookup: guardedLookup(policyOf, lookup),
  });
  return (target, callback) => {
    // A literal address is connected to without any lookup.
    const refusal =
      isIP(target.hostname) === 0 ? undefined : refuseAddress(target.hostname, policyOf(target.hostname));
    if (refusal !== undefined) queueMicrotask(() => callback(new AddressRefusedError(refusal), null));
    else if (retry === undefined) connect(target, callback);
    else connectPatiently(connect, retry, target, callback);
  };
}

function connectPatiently(
  connect: buildConnector.connector,
  { clock, attempts, delayMs }: RefusedRetry,
  target: buildConnector.Options,
  callback: buildConnector.Callback,
): void {
  let left = attempts;
  const attempt = (): void =>
    connect(target, (...result) => {
      const [error] = result;
      if (error === null || left === 0 || !isRefused(error)) callback(...result);
      else {
        left--;
        clock.after(delayMs, attempt);
      }
    });
  attempt();
}

/** A host with several addresses must have refused on all of them. */
function isRefused(error: Error): boolean {
  if (error instanceof AggregateError)
    return error.errors.every((one: unknown) => one instanceof Error && isRefused(one));
  return 'code' in error && error.code === 'ECONNREFUSED';
}

/** Resolves to the allowed addresses only; fails when none is left. */
function guardedLookup(policyOf: (host: string) => AddressPolicy, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) return callback(error, '', 0);
      const addresses = typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
      const policy = policyOf(hostname);
      const allowed = addresses.filter(({ address }) => refuseAddress(address, policy) === undefined);
      const first = allowed[0];
      if (first === undefined) {
        const refusal = refuseAddress(addresses[0]?.address ?? '', policy);
        return callback(
          new AddressRefusedError(`${hostname} resolves to an address that is refused. ${refusal}`),
          '',
          0,
        );
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
