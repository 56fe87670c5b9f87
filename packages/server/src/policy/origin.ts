// Which Host and Origin a request may carry. A web page can make a browser send requests to this machine, and with DNS
// rebinding it can even read the answers; but the browser then tells the truth in these two headers.
// A name is trusted when it was bound or allowed, or means this machine.

import { isIP } from 'node:net';

export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

export interface OriginPolicy {
  /** The name or address that the listener was given. */
  readonly boundHost: string;
  /** More names that clients use for this listener, without port. */
  readonly allowedHosts: readonly string[];
}

export type OriginDecision = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reason: string };

const OK: OriginDecision = { kind: 'ok' };

export function checkHostAndOrigin(request: RequestOrigin, policy: OriginPolicy): OriginDecision {
  if (request.host === undefined || request.host === '') return refused('The request has no Host header.');
  const host = hostnameOf(`http://${request.host}`);
  if (host === undefined) return refused('The Host header is not a host and port.');
  if (!isTrusted(host, policy)) return refused(`The host "${host}" is not one that this server goes by.`);
  if (request.origin === undefined) return OK;
  const origin = hostnameOf(request.origin);
  if (origin === undefined || (origin !== host && !isOurs(origin, policy))) {
    return refused('Requests from pages of other origins are not accepted.');
  }
  return OK;
}

/** Whether only this machine can reach a listener on the host. */
export function isLoopback(host: string): boolean {
  const name = unbracketed(host).toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}

/** Off loopback a client may use any address of the machine: rebinding needs a name. */
function isTrusted(host: string, policy: OriginPolicy): boolean {
  return isOurs(host, policy) || (!isLoopback(policy.boundHost) && isIP(host) !== 0);
}

function isOurs(host: string, policy: OriginPolicy): boolean {
  if (isLoopback(host)) return true;
  if (host === unbracketed(policy.boundHost).toLowerCase()) return true;
  return policy.allowedHosts.some((allowed) => allowed.toLowerCase() === host);
}

/** The hostname in lower case, IPv6 without brackets; undefined for `null` and other things that have none. */
function hostnameOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '') return undefined;
  if (parsed.username !== '' || parsed.password !== '' || parsed.pathname !== '/') return undefined;
  return unbracketed(parsed.hostname).toLowerCase();
}

function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function refused(reason: string): OriginDecision {
  return { kind: 'refused', reason };
}
