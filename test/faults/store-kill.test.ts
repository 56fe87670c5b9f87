// Kill -9 of a whole host in the middle of the changes that it acknowledges: the next one on the same state has all of
// them, and nothing half-done. One entry of WRITES for each kind of change. TUTTI_TEST_SEED tells where to begin; the
// store by itself is killed far more often in packages/server/test/store/kill.test.ts.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiResourceListSchema, ApiServerListSchema, type ApiResource, type ApiServer } from '@tutti/schemas';
import { afterAll, describe, expect, test } from 'vitest';
import { findPostgres } from '../../packages/server/test/store/support/postgres.ts';
import { createChance } from '../support/chance.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const KILLS = 8;
const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
/** Changes that are acknowledged before the kill, at most. */
const MAX_ACKNOWLEDGED = 40;
/** Beyond the last of them, so that the kill falls anywhere in the next ones. */
const MAX_DELAY_MS = 8;

const postgres = await findPostgres();
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

interface Found {
  readonly resources: ReadonlyMap<string, ApiResource>;
  readonly servers: ReadonlyMap<string, ApiServer>;
}

interface Write {
  /** Makes the change of this number, a second time too, and resolves once it was acknowledged. */
  readonly make: (send: Send, n: number) => Promise<void>;
  /** Whether it is as it has to be after so many changes. */
  readonly holds: (found: Found, changes: number) => boolean;
}

type Send = (method: string, path: string, body?: unknown) => Promise<void>;

const document = (name: string, description: string) => ({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name },
  spec: { command: process.execPath, args: ['-e', ''], autoStart: false, description },
});

const isOdd = (n: number): boolean => n % 2 === 1;
const toggle = (name: string): Write => ({
  make: (send, n) => send('POST', `/servers/${name}/${isOdd(n) ? 'suspend' : 'resume'}`),
  holds: ({ resources }, changes) => resources.get(name)?.suspended === isOdd(changes),
});

const WRITES: Readonly<Record<string, Write>> = {
  'resources are created': {
    make: (send, n) => send('POST', '/apply', document(`new-${n}`, `${n}`)),
    holds({ resources, servers }, changes) {
      const names = [...resources.keys()].filter((name) => name.startsWith('new-'));
      return (
        names.length === changes && names.every((name) => `new-${servers.get(name)?.description}` === name)
      );
    },
  },
  'a resource is changed': {
    make: (send, n) => send('POST', '/apply', document('changing', `${n}`)),
    holds: ({ servers }, changes) => Number(servers.get('changing')?.description ?? 0) === changes,
  },
  'a resource comes and goes': {
    make: (send, n) =>
      isOdd(n) ? send('POST', '/apply', document('going', '')) : send('DELETE', '/resources/MCPServer/going'),
    holds: ({ resources }, changes) => resources.has('going') === isOdd(changes),
  },
  'a stored server is suspended and resumed': toggle('stored'),
  'a server of a file is suspended and resumed': toggle('outside'),
};

async function find(gateway: Gateway): Promise<Found> {
  const headers = { authorization: `Bearer ${gateway.token}` };
  const list = async (path: string): Promise<unknown> =>
    (await fetch(`${gateway.url}/api/v1/${path}`, { headers })).json();
  const resources = ApiResourceListSchema.parse(await list('resources')).items;
  const servers = ApiServerListSchema.parse(await list('servers')).items;
  return {
    resources: new Map(resources.map((one) => [one.name, one])),
    servers: new Map(servers.map((one) => [one.name, one])),
  };
}

interface Round {
  /** Changes of each kind that were acknowledged. */
  readonly acknowledged: Map<string, number>;
  /** Kinds of which one was on its way at the end. */
  readonly underWay: ReadonlySet<string>;
}

/** Makes changes of all kinds at once until it kills the host at a moment of chance. */
async function changeUntilKilled(gateway: Gateway, before: Round, chance: () => number): Promise<Round> {
  const acknowledged = new Map(before.acknowledged);
  const underWay = new Set<string>();
  let left = Math.ceil(chance() * MAX_ACKNOWLEDGED);
  const killed = new AbortController();
  const kill = (): void => {
    if (killed.signal.aborted) return;
    killed.abort();
    process.kill(gateway.pid, 'SIGKILL');
  };
  const send: Send = async (method, path, body) => {
    const answer = await fetch(`${gateway.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${gateway.token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // Gone already where nobody heard of it.
    if (!answer.ok && !(method === 'DELETE' && answer.status === 404))
      throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await Promise.all(
    Object.entries(WRITES).map(async ([kind, { make }]) => {
      // Some kinds come to rest before the kill.
      const last = (acknowledged.get(kind) ?? 0) + Math.ceil(chance() * MAX_ACKNOWLEDGED);
      for (let n = (acknowledged.get(kind) ?? 0) + 1; n <= last && !killed.signal.aborted; n++) {
        underWay.add(kind);
        try {
          await make(send, n);
        } catch (error) {
          if (killed.signal.aborted) return;
          throw error;
        }
        // An answer that was on its way when the host ended counts too.
        acknowledged.set(kind, n);
        underWay.delete(kind);
        left -= 1;
        if (left === 0) setTimeout(kill, chance() * MAX_DELAY_MS);
      }
    }),
  );
  kill();
  await gateway.process.ended;
  return { acknowledged, underWay };
}

function check(found: Found, { acknowledged, underWay }: Round): void {
  for (const [kind, { holds }] of Object.entries(WRITES)) {
    const changes = acknowledged.get(kind) ?? 0;
    const allowed = underWay.has(kind) ? [changes, changes + 1] : [changes];
    const state = JSON.stringify(
      [...found.resources.values()].map(({ name, suspended }) => [name, suspended]),
    );
    expect(
      allowed.filter((n) => holds(found, n)).length,
      `${kind}: ${allowed.join(' or ')} in ${state}`,
    ).toBe(1);
  }
}

const stores = [
  { name: 'SQLite', storeUrl: () => undefined },
  ...(postgres === undefined ? [] : [{ name: 'PostgreSQL', storeUrl: () => postgres.freshUrl() }]),
];

describe.each(stores)('a host on $name', ({ name, storeUrl }) => {
  test(`killed ${KILLS} times, nothing acknowledged is lost`, { timeout: 300_000 }, async () => {
    verifies('OPS-03');
    process.stdout.write(`kill -9 of a host on ${name}: ${KILLS} times, TUTTI_TEST_SEED=${SEED}\n`);
    const folder = await mkdtemp(join(tmpdir(), 'tutti-kill-'));
    const url = storeUrl();
    const chance = createChance(SEED);
    const outside = { outside: { command: process.execPath, args: [FAULTY] } };
    // Later ones find the file as the host before left it.
    const start = (isFirst: boolean): Promise<Gateway> =>
      startGateway({
        folder,
        ...(isFirst && { servers: outside }),
        waitFor: [],
        env: url === undefined ? {} : { TUTTI_STORE: url },
      });
    try {
      let round: Round = { acknowledged: new Map(), underWay: new Set() };
      let total = 0;
      for (let kills = 0; kills <= KILLS; kills++) {
        await using gateway = await start(kills === 0);
        if (kills === 0) await apply(gateway, document('stored', ''));
        else check(await find(gateway), round);
        if (kills === KILLS) break;
        round = await changeUntilKilled(gateway, round, chance);
        total += [...round.acknowledged.values()].reduce((sum, n) => sum + n, 0);
      }
      expect(total).toBeGreaterThan(KILLS);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function apply(gateway: Gateway, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${gateway.token}` };
  const answer = await fetch(`${gateway.url}/api/v1/apply`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(200);
}
