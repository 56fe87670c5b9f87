// Fifty servers from one repository: all ready, and further looks at it change nothing.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ApiEventListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metric } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { createGitRepository, type GitRepository } from '../support/git-repository.ts';
import { verifies } from '../verifies.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const COUNT = 50;
const PASSES = 10;

const stack = new AsyncDisposableStack();
let repository: GitRepository;
let gateway: Gateway;

const names = Array.from({ length: COUNT }, (_, index) => `server-${String(index).padStart(2, '0')}`);
const file = (name: string): string => `mcp-config/executor/${name}.json`;
const text = (name: string, version = '1'): string =>
  JSON.stringify({
    name,
    enabled: true,
    description: name,
    command: process.execPath,
    args: [FAULTY],
    env: { VERSION: version },
  });

beforeAll(async () => {
  repository = stack.use(
    await createGitRepository(Object.fromEntries(names.map((name) => [file(name), text(name)]))),
  );
  gateway = stack.use(
    await startGateway({ from: ['--git', repository.url, '--path', 'mcp-config/executor'] }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 120_000);

async function reload(): Promise<void> {
  const headers = { authorization: `Bearer ${gateway.token}` };
  const answer = await fetch(`${gateway.url}/api/v1/reload`, { method: 'POST', headers });
  expect(await answer.json()).toEqual({ items: [] });
}

async function processes(): Promise<Record<string, string>> {
  const servers = await gateway.servers();
  return Object.fromEntries(
    servers.map(({ name, status }) => [name, `${status.state} ${status.pid} ${status.restartCount}`]),
  );
}

/** All that tells of a change: processes, events, announcements to clients, what is written to the store. */
async function traces(store: DatabaseSync) {
  const events = await (await fetch(`${gateway.url}/api/v1/events`)).json();
  return {
    processes: await processes(),
    events: ApiEventListSchema.parse(events).items.length,
    announced: await metric(gateway, 'tutti_list_changed_sent_total'),
    // Changes with each commit of others.
    written: store.prepare('pragma data_version').get(),
  };
}

test('all are ready, and passes without news change nothing', { timeout: 180_000 }, async () => {
  verifies('SRC-02', 'SRC-04');
  await eventually(
    async () => {
      const servers = await gateway.servers();
      const ready = servers.filter(
        ({ status, toolCount = 0 }) => status.state === 'Running' && toolCount > 0,
      );
      return ready.length === COUNT;
    },
    { timeoutMs: 120_000, what: 'all servers ready' },
  );
  await reload();
  using store = new DatabaseSync(join(gateway.statePath, 'tutti.db'), { readOnly: true });
  // Events are written behind.
  const kept = store.prepare(
    "select count(*) as n from events_history where reason = 'MCPServerToolsDiscovered'",
  );
  await eventually(() => Number(kept.get()?.['n']) >= COUNT, {
    what: 'the events of all servers in the store',
  });
  const before = await traces(store);
  for (let pass = 0; pass < PASSES; pass++) await reload();
  expect(await traces(store)).toEqual(before);
});

test('of fifty, the one that changed restarts', { timeout: 120_000 }, async () => {
  verifies('SRC-04');
  const before = await processes();
  const [changed = '', ...others] = names;
  await repository.push('One of them', { [file(changed)]: text(changed, '2') });
  await reload();
  await eventually(
    async () => {
      const after = await processes();
      return after[changed] !== before[changed] && after[changed]?.startsWith('Running');
    },
    { timeoutMs: 60_000 },
  );
  const after = await processes();
  expect(others.filter((name) => after[name] !== before[name])).toEqual([]);
});
