// Messages against a model of them: whatever is done in whatever order, both agree on what was refused, what was handed
// out and what lies where; each message is delivered or comes back, once. TUTTI_TEST_RUNS raises the number of runs; a
// failure prints the seed.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { LOCAL, MIGRATIONS, openOn, type TestCoordination } from '../support/open.ts';
import { bouncesIn, mailViolations, readMail } from './mail-invariants.ts';
import { type Model, type Op, step } from './mail-model.ts';
import { send, thread } from './post.ts';

closeStoresAfterTests();

const AGENTS = 4;
const THREADS = 3;
const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '150');

const who = fc.nat(AGENTS - 1);
const at = fc.nat(THREADS - 1);
const sends = fc.oneof(
  fc.record({
    op: fc.constant('send' as const),
    from: who,
    to: fc.uniqueArray(who, { minLength: 1, maxLength: 3 }),
    must: fc.boolean(),
  }),
  fc.record({ op: fc.constant('write' as const), from: who, thread: at }),
);
const others: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom('take' as const, 'check' as const),
      who,
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('ack' as const), who, newest: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('leave' as const, 'come' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('create' as const),
      by: who,
      with: fc.uniqueArray(who, { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('join' as const), who, thread: at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom('add' as const, 'remove' as const),
      by: who,
      who,
      thread: at,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('archive' as const), by: who, thread: at }) },
);
/** What is in one inner list is asked for at once. */
const program = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.array(sends, { minLength: 1, maxLength: 5 }) },
    { weight: 2, arbitrary: fc.tuple(others) },
  ),
  { minLength: 1, maxLength: 30 },
);

describe.each(stores)('mail on $name', ({ freshUrl }) => {
  test(
    'agrees with its model, whatever is done',
    async () => {
      verifies('MSG-01', 'MSG-02', 'MSG-03', 'MSG-08');
      const database = (await openDatabase(freshUrl(), { migrations: MIGRATIONS })).over<object>();
      await using _open = database;
      await using host = await openOn(database);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(program, async (groups) => {
          run += 1;
          const world = createWorld(host, run);
          const model: Model = { there: new Set(), inboxes: new Map(), threads: [], sent: 0, bounced: [] };
          for (let n = 0; n < AGENTS; n++) await world.done({ op: 'come', who: n }, model);
          for (const group of groups) {
            const results = group.map((op) => world.ask(op));
            const wanted = group.map((op) => step(model, op));
            expect(world.named(await Promise.all(results))).toEqual(wanted);
          }
          await world.agree(model);
          for (let n = 0; n < AGENTS; n++) await world.done({ op: 'leave', who: n }, model);
          const left = await readMail(database);
          const bounced = bouncesIn(left).filter((one) => one.endsWith(`/${run}`));
          expect(bounced.map(world.nameOf).toSorted()).toEqual(model.bounced.toSorted());
          expect([...mailViolations(ofRun(left, run))]).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
    10 * 60_000,
  );
});

function createWorld(host: TestCoordination, run: number) {
  const idOf = (n: number): string => `${n}/${run}`;
  const threads: string[] = [];
  const names = new Map<string, string>();

  /** As the model calls it. */
  function nameOf(bounce: string): string {
    const [id = '', recipient = ''] = bounce.split(' for ');
    return `${names.get(id)} for ${recipient.split('/')[0]}`;
  }

  async function perform(op: Op, newest: readonly string[]): Promise<string | { readonly sent: string }> {
    const { agents, messages, threads: face } = host;
    switch (op.op) {
      case 'come':
        await host.agent({ id: idOf(op.who) });
        return 'ok';
      case 'leave':
        await agents.deregister(idOf(op.who), LOCAL);
        return 'ok';
      case 'send': {
        const importance = op.must ? 'must_read' : 'normal';
        const recipient_ids = op.to.map(idOf);
        return { sent: (await send(host, { sender_id: idOf(op.from), recipient_ids, importance })).id };
      }
      case 'write': {
        const to = { sender_id: idOf(op.from), thread_id: threads[op.thread] ?? 'none' };
        return { sent: (await send(host, to)).id };
      }
      case 'create':
        threads.push((await thread(host, idOf(op.by), op.with.map(idOf))).id);
        return 'ok';
      case 'join':
        await face.join(threads[op.thread] ?? 'none', idOf(op.who), LOCAL);
        return 'ok';
      case 'add':
      case 'remove':
        await face[op.op]({ threadId: threads[op.thread] ?? 'none', by: idOf(op.by) }, idOf(op.who), LOCAL);
        return 'ok';
      case 'archive':
        await face.archive({ threadId: threads[op.thread] ?? 'none', by: idOf(op.by) }, LOCAL);
        return 'ok';
      case 'take':
      case 'check': {
        const { items } = await messages[op.op](idOf(op.who), { limit: op.limit }, LOCAL);
        return items
          .map(({ id, type, reply_to: of }) =>
            type === 'bounce' ? `bounce of ${names.get(of ?? '')}` : (names.get(id) ?? id),
          )
          .join(' ');
      }
      case 'ack':
        return String(newest.length === 0 ? 0 : await messages.ack(idOf(op.who), newest, LOCAL));
    }
  }

  async function newestOf(op: Op): Promise<readonly string[]> {
    if (op.op !== 'ack') return [];
    const query = { order: 'newest', cursor: undefined, state: 'all', limit: op.newest } as const;
    return (await host.messages.list(idOf(op.who), query, LOCAL)).items.map(({ id }) => id);
  }

  async function ask(op: Op): Promise<string | { readonly sent: string }> {
    try {
      return await perform(op, await newestOf(op));
    } catch (error) {
      // A mistake of ours is no refusal.
      if (error instanceof AppError && error.code !== 'internal') return 'refused';
      throw error;
    }
  }

  let sent = 0;
  return {
    ask,
    nameOf,
    /** Messages are named in the order in which they were sent. */
    named(results: readonly (string | { readonly sent: string })[]): readonly string[] {
      return results.map((result) => {
        if (typeof result === 'string') return result;
        const name = `m${sent++}`;
        names.set(result.sent, name);
        return name;
      });
    },
    async done(op: Op, model: Model): Promise<void> {
      const [wanted, found] = [step(model, op), await ask(op)];
      expect(found).toBe(wanted);
    },
    async agree(model: Model): Promise<void> {
      for (const [n, copies] of model.inboxes) {
        const { unread, unacked, must_read } = await host.messages.inbox(idOf(n), LOCAL);
        const open = copies.filter(({ state }) => state !== 'acked');
        expect({ unread, unacked, must_read }).toEqual({
          unread: open.filter(({ state }) => state !== 'read').length,
          unacked: open.length,
          must_read: open.filter(({ must }) => must).length,
        });
        expect(await host.agents.notice(idOf(n), LOCAL)).toMatchObject({ unread });
      }
      for (const [index, { participants, status, messages }] of model.threads.entries()) {
        const found = await host.threads.get(threads[index] ?? '', { id: 'admin', isAdmin: true });
        expect({ ...found, participants: found.participants.toSorted() }).toMatchObject({
          participants: participants.map(idOf).toSorted(),
          status,
          messages,
        });
      }
    },
  };
}

function ofRun(found: Awaited<ReturnType<typeof readMail>>, run: number): typeof found {
  const isOurs = (id: string): boolean => id.endsWith(`/${run}`);
  const inboxes = found.inboxes.filter(({ participant_id: id }) => isOurs(id));
  const threads = found.threads.filter(({ creator_id: id }) => isOurs(id));
  const deliveries = found.deliveries.filter(({ recipient_id: id }) => isOurs(id));
  const ids = new Set(deliveries.map(({ message_id: id }) => id));
  const messages = found.messages.filter(({ id, sender_id: from }) => isOurs(from) || ids.has(id));
  return { ...found, inboxes, threads, deliveries, messages };
}
