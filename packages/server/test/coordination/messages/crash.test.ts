// A host dies at each commit while messages are sent, taken and sent back: what it acknowledged is there, nothing half-done
// is, and whoever comes next brings each message to its end.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, MIGRATIONS, openOn, type TestCoordination } from '../support/open.ts';
import { type CrashAt, crashingDatabase, Died } from './crashing-database.ts';
import { bouncesIn, mailViolations, readMail } from './mail-invariants.ts';
import { send, take, thread } from './post.ts';

closeStoresAfterTests();

const AGENTS = ['ada', 'bob', 'cyd'];
const MOMENTS = ['before', 'after'] as const;

interface Told {
  sent: string[];
  taken: string[];
  gone: string[];
}

/** One thing after the other; what was acknowledged is written down. */
async function scenario(host: TestCoordination, told: Told): Promise<void> {
  const { id } = await thread(host, 'ada', ['bob', 'cyd']);
  told.sent.push((await send(host, { sender_id: 'ada', thread_id: id, importance: 'must_read' })).id);
  told.sent.push((await send(host, { sender_id: 'cyd', recipient_ids: ['ada', 'bob'] })).id);
  const { items } = await host.messages.take('bob', { limit: 1 }, LOCAL);
  told.taken.push(...items.map((message) => message.id));
  told.sent.push((await send(host, { sender_id: 'bob', recipient_id: 'ada' })).id);
  await host.messages.ack('bob', told.taken, LOCAL);
  told.gone.push('bob');
  await host.agents.deregister('bob', LOCAL);
  await send(host, { sender_id: 'cyd', thread_id: id });
}

async function run(url: string, at: CrashAt | undefined): Promise<{ commits: number; told: Told }> {
  const inner = await openTest(url, { migrations: MIGRATIONS });
  const crashing = crashingDatabase(inner.over<object>());
  // What a host that died can't do any more is no news.
  const host = await openOn(crashing.database, undefined, { warn: () => undefined });
  for (const id of AGENTS) await host.agent({ id, heartbeatInterval: 3_600 });
  const told: Told = { sent: [], taken: [], gone: [] };
  crashing.arm(at);
  try {
    await scenario(host, told);
  } catch (error) {
    if (!(error instanceof Died)) throw error;
  }
  const { commits } = crashing;
  expect(crashing.isDead).toBe(at !== undefined);
  await host[Symbol.asyncDispose]();
  await inner[Symbol.asyncDispose]();
  return { commits, told };
}

describe.each(stores)('messages on $name', ({ freshUrl }) => {
  test('end once, wherever the host dies', { timeout: 300_000 }, async () => {
    verifies('MSG-08', 'OPS-03');
    const { commits } = await run(freshUrl(), undefined);
    expect(commits).toBeGreaterThan(8);
    for (let commit = 1; commit <= commits; commit++)
      for (const moment of MOMENTS) {
        const url = freshUrl();
        const { told } = await run(url, { commit, moment });
        await goOn(url, told, `${moment} commit ${commit}`);
      }
  });
});

/** Another host opens the store. */
async function goOn(url: string, { sent, taken, gone }: Told, point: string): Promise<void> {
  const database = (await openTest(url, { migrations: MIGRATIONS })).over<object>();
  await using host = await openOn(database);
  const left = await readMail(database);
  expect([...mailViolations(left)], point).toEqual([]);
  for (const id of sent)
    expect(
      left.messages.map((message) => message.id),
      point,
    ).toContain(id);
  const isGone = !left.agents.some(({ id }) => id === 'bob');
  if (gone.length > 0 && !isGone) await host.agents.deregister('bob', ADMIN);
  // Whoever is left takes all that there is.
  for (const id of AGENTS) if (id !== 'bob') await take(host, id);
  const found = await readMail(database);
  expect([...mailViolations(found)], point).toEqual([]);
  const bounces = bouncesIn(found);
  for (const row of found.deliveries.filter(({ recipient_id: id }) => id === 'bob' && gone.length > 0))
    if (row.sender_id !== 'tutti' && row.sender_id !== 'bob')
      expect(
        { came: bounces.includes(`${row.message_id} for bob`), taken: row.delivered_ms !== null },
        point,
      ).toEqual({ came: row.delivered_ms === null, taken: row.delivered_ms !== null });
  for (const id of taken) expect(bounces, point).not.toContain(`${id} for bob`);
  const open = found.deliveries.filter(
    ({ recipient_id: id, ended_ms: ended }) => id === 'bob' && ended === null,
  );
  if (gone.length > 0) expect(open, point).toEqual([]);
}
