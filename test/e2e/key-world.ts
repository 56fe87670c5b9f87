// Keys for tests of who may do what, and requests with them.

import { createHash } from 'node:crypto';
import { eventually } from '../support/eventually.ts';
import { openLegacy, type LegacyClient } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';

export const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

/** A key of the Gateway by its hash. */
export const hashedKey = (name: string, key: string, ...roles: string[]) => ({
  name,
  secret: `sha256:${createHash('sha256').update(key).digest('hex')}`,
  roles,
});

/** The text of a Gateway's file. */
export const gatewayText = (spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind: 'Gateway', metadata: { name: 'gateway' }, spec });

export async function asked(
  url: string,
  key: string | undefined,
  path: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body } = await exchange(`${url}${path}`, { method, headers: bearer(key) });
  return { status, text: body.toString() };
}

/** Leaves the call while it is under way; it goes on. */
export async function leaveCall(
  mcpUrl: string,
  key: string | undefined,
  params: string,
  isUnderWay: () => Promise<boolean>,
): Promise<LegacyClient> {
  const client = await openLegacy(mcpUrl, { headers: bearer(key) });
  const abort = new AbortController();
  const gone = client.request('tools/call', params, { signal: abort.signal });
  await eventually(isUnderWay, { what: 'the call to be under way' });
  abort.abort();
  await gone;
  return client;
}
