// Declarations of servers for tests of faults: everything that can be declared, short times above all.

import type { GatewayOptions } from '../../support/gateway.ts';

const FAULTY = new URL('../../programs/faults/faulty.mjs', import.meta.url).pathname;
const WRAPPER = new URL('../../programs/faults/wrapper.mjs', import.meta.url).pathname;

/** A spec as people write it. */
export type WrittenSpec = Readonly<Record<string, unknown>>;

/** The files of a gateway that declare these servers, one file each. */
export function declared(servers: Readonly<Record<string, WrittenSpec>>): GatewayOptions['files'] {
  return Object.fromEntries(
    Object.entries(servers).map(([name, spec]) => [`${name}.json`, declaration(name, spec)]),
  );
}

/** The text of one declaring file. */
export function declaration(name: string, spec: WrittenSpec): string {
  return JSON.stringify({
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'MCPServer',
    metadata: { name },
    spec,
  });
}

/** A server of test/programs/faults/faulty.mjs. */
export function faulty(more: WrittenSpec = {}, ...args: string[]): WrittenSpec {
  return { command: process.execPath, args: [FAULTY, ...args], ...more };
}

/** The same behind two more processes, as npx starts servers. */
export function wrapped(more: WrittenSpec = {}, ...args: string[]): WrittenSpec {
  return { command: process.execPath, args: [WRAPPER, ...args], ...more };
}
