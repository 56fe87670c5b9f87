// What agents say that they hold, and what they are told is offered to them, on one host and on another.

import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { MAX_UNBEGUN_MS, OFFER_MS } from '../../src/coordination/claims/claim.ts';
import { REOFFER_MS } from '../../src/coordination/dispatch/handouts.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/store/database.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../store/support/stores.ts';
import { ADMIN, LOCAL, MIGRATIONS, openOn } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

/** One that tells how often it was read, and hears nothing of others. */
function counted(database: Database<object>): {
  readonly database: Database<object>;
  readonly reads: () => number;
} {
  let reads = 0;
  const over = <Tables>(inner: Database<Tables>): Database<Tables> => ({
    ...inner,
    get host() {
      return inner.host;
    },
    get read() {
      reads += 1;
      return inner.read;
    },
    feed: {
      notify: (topic) => inner.feed.notify(topic),
      listen: () => ({ [Symbol.dispose]: () => undefined }),
    },
    over: <Others>() => over(inner.over<Others>()),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  });
  return { database: over(database), reads: () => reads };
}

describe.each(stores)('what agents hold on $name', ({ freshUrl }) => {
  /** On clocks of its own; time goes by when it is told to. */
  async function open() {
    let wallMs = Date.now();
    const clock = { ...systemClock, nowMs: () => wallMs };
    const opened = await openTest(freshUrl(), { migrations: MIGRATIONS, clock, wallMs: () => wallMs });
    const { database, reads } = counted(opened.over<object>());
    const it = await openOn(database, clock);
    await it.agent({ id: 'ada', heartbeatInterval: 3_600 });
    return { it, reads, advance: (ms: number) => void (wallMs += ms) };
  }

  test('what it says that it holds is not offered again, and stands while it says so', async () => {
    verifies('AGT-04', 'TSK-04', 'TSK-05');
    const { it, advance } = await open();
    await using _closing = it;
    const { id } = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const holding = [{ task_id: id, claim: 1 }];
    expect(await it.agents.notice('ada', LOCAL)).toMatchObject({ offered: holding, lost: [] });
    expect(await it.agents.notice('ada', LOCAL, holding)).toMatchObject({ offered: [], lost: [] });
    expect((await it.agents.notice('ada', LOCAL)).offered).toEqual([]);
    advance(REOFFER_MS);
    expect(await it.agents.next('ada', 0, LOCAL, signal)).toBeUndefined();
    for (let minute = 0; minute < 10; minute++) {
      advance(OFFER_MS);
      await it.agents.notice('ada', LOCAL, holding);
    }
    // One that it says nothing of lapses at the next look, which a registration brings about.
    const { id: silent } = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    advance(OFFER_MS + 1_000);
    await it.agent({ id: 'bob' });
    await eventually(async () => (await it.tasks.get(silent)).status === 'pending', {
      what: 'an offer lapses',
    });
    expect(await it.tasks.get(id)).toMatchObject({ status: 'assigned', claim: 1 });
    // It is written down now and then, not each time that it is said.
    const said = (await it.tasks.history(id)).filter(({ event }) => event === 'acknowledge');
    expect(said.length).toBeLessThan(3);
    expect(await it.tasks.start({ taskId: id, agentId: 'ada', claim: 1 }, LOCAL)).toMatchObject({
      status: 'in_progress',
    });
  });

  test('one that holds a task and never begins loses it', async () => {
    verifies('TSK-04');
    const { it, advance } = await open();
    await using _closing = it;
    const { id } = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const holding = [{ task_id: id, claim: 1 }];
    await it.agents.notice('ada', LOCAL, holding);
    advance(MAX_UNBEGUN_MS - 60_000);
    await it.agents.notice('ada', LOCAL, holding);
    expect((await it.tasks.get(id)).status).toBe('assigned');
    advance(61_000);
    // The sweeper sleeps by the machine's clock; this wakes it.
    await it.agent({ id: 'bob' });
    await eventually(async () => (await it.tasks.get(id)).status === 'pending', { what: 'the offer lapses' });
    const { lost } = await it.agents.notice('ada', LOCAL, holding);
    expect(lost).toMatchObject([{ task_id: id, claim: 1 }]);
  });

  test('what it holds no more it is told each time, and what it ended itself never', async () => {
    verifies('TSK-04', 'TSK-07');
    const { it } = await open();
    await using _closing = it;
    const [done, gone] = [await it.task({}), await it.task({})];
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.tasks.complete({ taskId: done.id, agentId: 'ada', claim: 1 }, LOCAL);
    await it.tasks.cancel(gone.id, 'not wanted', LOCAL);
    const holding = [
      { task_id: done.id, claim: 1 },
      { task_id: gone.id, claim: 1 },
      { task_id: 'never', claim: 3 },
    ];
    const lost = [
      { task_id: gone.id, claim: 1, reason: expect.stringContaining('not wanted') },
      { task_id: 'never', claim: 3, reason: expect.stringContaining('no task never') },
    ];
    expect((await it.agents.notice('ada', LOCAL, holding)).lost).toEqual(lost);
    expect((await it.agents.notice('ada', LOCAL, holding)).lost).toEqual(lost);
    expect((await it.agents.notice('ada', LOCAL)).lost).toEqual([]);
  });

  test('where nothing is offered, the notice of an answer costs no look at the store', async () => {
    verifies('AGT-04');
    const { it, reads } = await open();
    await using _closing = it;
    await it.agents.notice('ada', LOCAL);
    const before = reads();
    for (let n = 0; n < 10; n++) await it.agents.notice('ada', LOCAL);
    expect(reads()).toBe(before);
    const { id } = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.tasks.start({ taskId: id, agentId: 'ada', claim: 1 }, LOCAL);
    const working = reads();
    for (let n = 0; n < 10; n++) expect((await it.agents.notice('ada', LOCAL)).offered).toEqual([]);
    expect(reads()).toBe(working);
  });
});

describe.runIf(postgres !== undefined)('an agent that asks another host', () => {
  const open = async (url: string) => (await openTest(url, { migrations: MIGRATIONS })).over<object>();

  test('is met before it is refused, and an id that nobody has is looked for once', async () => {
    verifies('OPS-01', 'AGT-04');
    const url = postgres?.freshUrl() ?? '';
    await using one = await openOn(await open(url));
    const { database, reads } = counted(await open(url));
    let hereMs = Date.now();
    await using other = await openOn(database, { ...systemClock, nowMs: () => hereMs });
    await one.agent({ id: 'ada' });
    await other.agents.alive('ada', LOCAL);
    expect(other.agents.get('ada').owner).toBe('local');
    await one.agent({ id: 'bob' });
    expect((await other.agents.look('bob')).id).toBe('bob');
    await one.agent({ id: 'cy' });
    await one.task({ assigned_agent_id: 'cy', id: 'for-cy' });
    await one.agents.next('cy', 5_000, LOCAL, signal);
    expect(await other.tasks.complete({ taskId: 'for-cy', agentId: 'cy', claim: 1 }, LOCAL)).toMatchObject({
      status: 'completed',
    });

    await expect(other.agents.alive('nobody', LOCAL)).rejects.toMatchObject({ code: 'not_found' });
    const before = reads();
    const asked = Array.from({ length: 20 }, () => other.agents.alive('nobody', LOCAL));
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'not_found' });
    expect(reads()).toBe(before);
    await one.agent({ id: 'nobody' });
    hereMs += 1_000;
    await other.agents.alive('nobody', LOCAL);
  });

  test('hears there what is offered to it, and what it lost', async () => {
    verifies('OPS-01', 'TSK-07');
    const url = postgres?.freshUrl() ?? '';
    await using one = await openOn(await open(url));
    await using other = await openOn(await open(url));
    await one.agent({ id: 'ada' });
    expect((await other.agents.notice('ada', LOCAL)).offered).toEqual([]);
    const { id } = await one.task({});
    await one.agents.next('ada', 5_000, LOCAL, signal);
    const claim = { task_id: id, claim: 1 };
    const notice = () => other.agents.notice('ada', LOCAL);
    await eventually(async () => (await notice()).offered.length > 0, { what: 'the offer is told' });
    expect((await notice()).offered).toEqual([claim]);
    expect((await other.agents.notice('ada', LOCAL, [claim])).lost).toEqual([]);
    await one.tasks.cancel(id, 'enough', ADMIN);
    expect((await other.agents.notice('ada', LOCAL, [claim])).lost).toMatchObject([claim]);
    await eventually(async () => (await notice()).offered.length === 0);
  });

  test('hears on its watch there what was taken from it here', async () => {
    verifies('OPS-01', 'TSK-07');
    const url = postgres?.freshUrl() ?? '';
    await using one = await openOn(await open(url));
    await using other = await openOn(await open(url));
    await one.agent({ id: 'ada', heartbeatInterval: 3_600 });
    await other.agents.alive('ada', LOCAL);
    const handed: string[] = [];
    const lost: unknown[] = [];
    using _watch = other.agents.watch('ada', 5, LOCAL, {
      task: ({ task }) => void handed.push(task.id),
      lost: (loss) => void lost.push(loss),
      failed: (error) => expect.fail(String(error)),
    });
    const [taken, done] = [(await one.task({})).id, (await one.task({})).id];
    await eventually(() => handed.length === 2, { what: 'both are handed out' });
    // Its own word is no loss.
    await one.tasks.complete({ taskId: done, agentId: 'ada', claim: 1 }, LOCAL);
    await one.tasks.cancel(taken, 'enough', ADMIN);
    await eventually(() => lost.length > 0, { what: 'the loss is told' });
    expect(lost).toEqual([{ task_id: taken, claim: 1, reason: expect.stringContaining('enough') }]);
    const next = (await one.task({})).id;
    await eventually(() => handed.includes(next));
    expect(lost).toHaveLength(1);
  });
});
