// Threads: who may be in them, and what they cost, on both databases.

import { CriticalThreadSchema, ThreadSubmissionSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { KEEP_MESSAGES_MS } from '../../../src/coordination/messages/limits.ts';
import { openMail } from '../../../src/coordination/mail.ts';
import type { MailTables } from '../../../src/coordination/messages/rows.ts';
import { openEngine } from '../../../src/coordination/engine.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';
import {
  ADMIN,
  LOCAL,
  MIGRATIONS,
  openFresh,
  openOn,
  STRANGER,
  type TestCoordination,
} from '../support/open.ts';
import { mailViolations, readMail } from './mail-invariants.ts';
import { send, take, thread } from './post.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

describe.each(stores)('threads on $name', ({ freshUrl }) => {
  async function open(...agents: readonly string[]): Promise<TestCoordination> {
    const host = await openFresh(freshUrl());
    for (const id of agents) await host.agent({ id });
    return host;
  }
  const details = (kind: string) => ({ details: { kind } });

  test('are joined and left as their rules say', async () => {
    verifies('MSG-01', 'MSG-03');
    await using host = await open('ada', 'bob', 'cyd');
    const { threads } = host;
    const { id, participants, status } = await thread(host, 'ada', ['bob', 'ada']);
    expect({ participants, status }).toEqual({ participants: ['ada', 'bob'], status: 'active' });
    await expect(threads.add({ threadId: id, by: 'cyd' }, 'cyd', LOCAL)).rejects.toMatchObject(
      details('not_participant'),
    );
    await expect(threads.add({ threadId: id, by: 'bob' }, 'zoe', LOCAL)).rejects.toMatchObject(
      details('unknown_recipient'),
    );
    expect((await threads.add({ threadId: id, by: 'bob' }, 'cyd', LOCAL)).participants).toContain('cyd');
    await expect(threads.remove({ threadId: id, by: 'cyd' }, 'bob', LOCAL)).rejects.toMatchObject(
      details('not_creator'),
    );
    await expect(threads.remove({ threadId: id, by: 'bob' }, 'ada', LOCAL)).rejects.toMatchObject(
      details('creator_stays'),
    );
    await threads.remove({ threadId: id, by: 'cyd' }, 'cyd', LOCAL);
    await threads.remove({ threadId: id, by: undefined }, 'bob', ADMIN);
    expect((await threads.get(id, LOCAL)).participants).toEqual(['ada']);
    await expect(threads.get(id, STRANGER)).rejects.toMatchObject(details('unknown_thread'));
    await expect(threads.list({ limit: 10 }, STRANGER)).rejects.toMatchObject({ code: 'invalid_params' });
    expect((await threads.join(id, 'bob', LOCAL)).participants).toEqual(['ada', 'bob']);
    await expect(threads.archive({ threadId: id, by: 'bob' }, LOCAL)).rejects.toMatchObject(
      details('not_creator'),
    );
    await threads.archive({ threadId: id, by: 'ada' }, LOCAL);
    await expect(threads.join(id, 'cyd', LOCAL)).rejects.toMatchObject(details('thread_closed'));
    await expect(send(host, { sender_id: 'ada', thread_id: id })).rejects.toMatchObject(
      details('thread_closed'),
    );
    expect(
      (await threads.list({ participantId: 'ada', status: 'archived', limit: 10 }, LOCAL)).items,
    ).toHaveLength(1);
  });

  test('are degraded when one of them is gone', async () => {
    verifies('MSG-01', 'MSG-08');
    await using host = await open('ada', 'bob', 'cyd');
    const { id } = await thread(host, 'ada', ['bob', 'cyd']);
    await host.agents.deregister('ada', LOCAL);
    expect(await host.threads.get(id, LOCAL)).toMatchObject({
      status: 'degraded',
      participants: ['bob', 'cyd'],
    });
    await send(host, { sender_id: 'bob', thread_id: id, content: 'and now?' });
    expect(await take(host, 'cyd')).toEqual(['and now?']);
    await host.threads.archive({ threadId: id, by: 'cyd' }, LOCAL);
  });

  test('that are long cost a page', { timeout: 240_000 }, async () => {
    verifies('MSG-05');
    await using host = await open('ada', 'bob');
    const { id } = await thread(host, 'ada', ['bob']);
    const rows = 20_000;
    await host.database.over<MailTables>().transaction(async (tx) => {
      for (let at = 0; at < rows; at += 500)
        await tx
          .insertInto('messages_messages')
          .values(
            Array.from({ length: 500 }, (_, n) => ({
              id: `m${at + n}`,
              thread_id: id,
              thread_seq: at + n + 1,
              sender_id: 'ada',
              recipients: '["bob"]',
              type: 'text',
              content: `${at + n + 1}`,
              is_object: 0,
              attachments: '[]',
              urgent: 0,
              importance: 'normal' as const,
              reply_to: null,
              created_ms: 1,
            })),
          )
          .execute();
      await tx.updateTable('messages_threads').set({ last_seq: rows }).where('id', '=', id).execute();
    });
    const first = await host.threads.messages(
      id,
      { order: 'newest', cursor: undefined, limit: 10_000 },
      LOCAL,
    );
    expect(first.items).toHaveLength(200);
    const cursor = Number(first.nextCursor);
    const next = await host.threads.messages(id, { order: 'newest', cursor, limit: 3 }, LOCAL);
    expect(next.items.map(({ thread_seq: seq }) => seq)).toEqual([19_800, 19_799, 19_798]);
    await send(host, { sender_id: 'bob', thread_id: id });
    expect((await host.threads.get(id, LOCAL)).messages).toBe(rows + 1);
  });

  test('wait for as many answers as they need', async () => {
    verifies('MSG-04');
    await using host = await open('ada', 'bob', 'cyd');
    const critical = (more: object) =>
      CriticalThreadSchema.parse({
        creator_id: 'ada',
        title: 'vote',
        participants: ['bob', 'cyd'],
        initial_message: 'yes?',
        ...more,
      });
    const wait = { waitMs: 30_000, signal };
    const asked = host.threads.createCritical(critical({ wait_for_responses: 2 }), wait, LOCAL);
    const { items } = await host.messages.take('bob', { limit: 1, wait }, LOCAL);
    const [{ thread_id: id = '', importance } = {}] = items;
    expect(importance).toBe('must_read');
    for (const from of ['bob', 'bob', 'cyd'])
      await send(host, { sender_id: from, thread_id: id, content: from });
    expect(await asked).toMatchObject({ complete: true, responses: [{}, {}, {}] });
    const early = await host.threads.createCritical(critical({}), { waitMs: 0, signal }, LOCAL);
    expect(early).toMatchObject({ complete: false, timed_out: false, handle: early.thread.id });
    await expect(
      host.threads.createCritical(critical({ wait_for_responses: 3 }), wait, LOCAL),
    ).rejects.toMatchObject(details('too_few_participants'));
    const once = { principal: 'local', key: 'k', digest: 'd' };
    const first = await host.threads.createCritical(critical({}), { waitMs: 0, signal }, LOCAL, once);
    const again = await host.threads.createCritical(critical({}), { waitMs: 0, signal }, LOCAL, once);
    expect(again.thread.id).toBe(first.thread.id);
    const plain = await host.threads.create(
      ThreadSubmissionSchema.parse({ creator_id: 'ada', title: 'x' }),
      LOCAL,
    );
    await expect(host.threads.responses(plain.id, wait, LOCAL)).rejects.toMatchObject(
      details('not_critical'),
    );
  });

  test('and messages that are old go, and what nobody took comes back', async () => {
    verifies('MSG-08');
    let wallMs = Date.now();
    const database = (
      await openTest(freshUrl(), { migrations: MIGRATIONS, wallMs: () => wallMs })
    ).over<object>();
    await using host = await openOn(database);
    for (const id of ['ada', 'bob']) await host.agent({ id, heartbeatInterval: 3_600 });
    const old = await send(host, { sender_id: 'ada', recipient_id: 'bob', content: 'old' });
    const read = await send(host, { sender_id: 'bob', recipient_id: 'ada', content: 'read' });
    await take(host, 'ada');
    const { id } = await thread(host, 'ada', ['bob']);
    await host.threads.archive({ threadId: id, by: 'ada' }, LOCAL);
    wallMs += KEEP_MESSAGES_MS + 60_000;
    await using engine = await openEngine({
      database,
      clock: systemClock,
      makeId: (prefix) => `${prefix}_${Math.random()}`,
      switches: () => ({ domainFiltering: true, loadBalancing: true }),
      roles: () => ({}),
      events: {
        agentChanged: () => undefined,
        tasksChanged: () => undefined,
        unsatisfiable: () => undefined,
      },
      warn: () => undefined,
    });
    await using mail = await openMail({ engine, isPerson: () => false, warn: () => undefined });
    await mail.housekeeping.clean();
    expect(await take(host, 'ada')).toEqual([`bounce ${old.id}`]);
    const left = await readMail(database);
    expect(left.messages.map((message) => message.id)).not.toContain(read.id);
    expect(left.threads).toEqual([]);
    // Sequences begin where old messages ended.
    const counts = [...mailViolations({ ...left, threads: [] })].filter(
      (one) => !one.includes('its last one'),
    );
    expect(counts).toEqual([]);
    await send(host, { sender_id: 'ada', recipient_id: 'bob', content: 'new' });
    expect(await take(host, 'bob')).toEqual(['new']);
  });
});
