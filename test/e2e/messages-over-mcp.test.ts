// Agents behind real clients of both eras write to each other: what waits is told beside every answer, those of other
// servers too, and what must be read holds an agent back.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { verifies } from '../verifies.ts';
import { ADA, BOB, DEV, GIVES_UP_MS, NEW, OLD, agentGateway } from './agent-world.ts';
import { type CallAnswer, connectWithKey, type Generation, type KeyClient } from './key-clients.ts';

const at = agentGateway();

const NOTICE = 'tutti.dev/notice';
const SentSchema = z.looseObject({ message: z.looseObject({ id: z.string() }) });
const MessagesSchema = z.looseObject({
  messages: z.array(z.looseObject({ id: z.string(), content: z.unknown() })),
  notice: z.looseObject({ unread: z.number(), must_read: z.array(z.unknown()) }),
});
const ThreadSchema = z.looseObject({ thread: z.looseObject({ id: z.string(), status: z.string() }) });

async function done(call: Promise<CallAnswer>): Promise<unknown> {
  const { isError, text, structured } = await call;
  if (isError) throw new Error(text);
  return structured;
}

describe.each<[Generation, Generation]>([
  [NEW, OLD],
  [OLD, NEW],
])('%s and %s', (first, second) => {
  const suffix = first === NEW ? '1' : '2';
  const [adaId, bobId] = [`ada-m${suffix}`, `bob-m${suffix}`];
  const clients = new AsyncDisposableStack();
  let ada: KeyClient;
  let bob: KeyClient;

  beforeAll(async () => {
    ada = clients.use(await connectWithKey(first, at.gateway.mcpUrl, ADA));
    bob = clients.use(await connectWithKey(second, at.gateway.mcpUrl, BOB));
    await done(ada.call('register_agent', { id: adaId }));
    await done(bob.call('register_agent', { id: bobId }));
  }, 60_000);
  afterAll(async () => {
    await ada.call('deregister_agent', { agent_id: adaId });
    await bob.call('deregister_agent', { agent_id: bobId });
    await clients.disposeAsync();
  }, 60_000);

  test(
    'write to each other, and hold each other back',
    async () => {
      verifies('MSG-02', 'MSG-08');
      const sent = SentSchema.parse(
        await done(
          ada.call('send_message', {
            sender_id: adaId,
            recipient_id: bobId,
            content: 'Stop: the branch is frozen.',
            importance: 'must_read',
          }),
        ),
      );
      const { id } = sent.message;
      const change = { agent_id: bobId, description: 'more work' };
      const refused = await bob.call('create_task', change);
      expect(refused).toMatchObject({ isError: true, text: expect.stringContaining(id) });
      expect(refused.text).toContain('get_messages');
      const found = await bob.call('find_agents', { agent_id: bobId });
      expect(found.text).toContain(`Before you change anything, read and acknowledge: ${id}`);
      const others = await bob.call('fix_test_simple_text');
      expect(others.meta[NOTICE]).toMatchObject({
        agent_id: bobId,
        unread: 1,
        must_read: [{ message_id: id, sender_id: adaId }],
      });
      const got = MessagesSchema.parse(await done(bob.call('get_messages', { agent_id: bobId })));
      expect(got.messages).toMatchObject([{ id, content: 'Stop: the branch is frozen.' }]);
      expect(got.notice).toMatchObject({ unread: 0, must_read: [{ message_id: id }] });
      expect((await bob.call('create_task', change)).isError).toBe(true);
      await done(bob.call('ack_messages', { agent_id: bobId, message_ids: [id] }));
      expect((await bob.call('create_task', change)).isError).toBe(false);
      expect((await bob.call('fix_test_simple_text')).meta).not.toHaveProperty([NOTICE]);
      expect((await ada.call('fix_test_simple_text')).meta).not.toHaveProperty([NOTICE]);
    },
    GIVES_UP_MS,
  );

  test(
    'get what was handed out in an answer that never arrived again, with the same key',
    async () => {
      verifies('MSG-02');
      const message = { sender_id: adaId, recipient_id: bobId, content: 'once' };
      await done(ada.call('send_message', { ...message, idempotency_key: `once${suffix}` }));
      await done(ada.call('send_message', { ...message, idempotency_key: `once${suffix}` }));
      const args = { agent_id: bobId, idempotency_key: `get${suffix}` };
      const one = MessagesSchema.parse(await done(bob.call('get_messages', args)));
      const same = MessagesSchema.parse(await done(bob.call('get_messages', args)));
      expect(one.messages).toHaveLength(1);
      expect(same.messages.map(({ id }) => id)).toEqual(one.messages.map(({ id }) => id));
      const rest = MessagesSchema.parse(await done(bob.call('get_messages', { agent_id: bobId })));
      expect(rest.messages).toEqual([]);
    },
    GIVES_UP_MS,
  );

  test(
    'wait for a message',
    async () => {
      verifies('MSG-02');
      const waiting = bob.call('check_new_messages', { agent_id: bobId, wait_seconds: 45 });
      await done(ada.call('broadcast_message', { sender_id: adaId, recipient_ids: [bobId], content: 'now' }));
      expect(MessagesSchema.parse(await done(waiting)).messages).toHaveLength(1);
      await done(bob.call('get_messages', { agent_id: bobId }));
    },
    GIVES_UP_MS,
  );

  test(
    'talk in threads',
    async () => {
      verifies('MSG-03', 'MSG-04');
      const created = await done(
        ada.call('create_thread', {
          creator_id: adaId,
          title: 'plans',
          initial_message: 'hello',
          participants: [bobId],
        }),
      );
      const { thread } = ThreadSchema.parse(created);
      await done(
        bob.call('send_message', { sender_id: bobId, thread_id: thread.id, content: 'good morning' }),
      );
      const shown = await ada.call('get_thread_details', { thread_id: thread.id });
      expect(shown.text).toContain('good morning');
      const stays = await ada.call('remove_participant_from_thread', {
        agent_id: adaId,
        thread_id: thread.id,
        participant_id: adaId,
      });
      expect(stays).toMatchObject({ isError: true, text: expect.stringContaining('stays in it') });
      await done(
        bob.call('remove_participant_from_thread', {
          agent_id: bobId,
          thread_id: thread.id,
          participant_id: bobId,
        }),
      );
      expect((await bob.call('get_thread_details', { thread_id: thread.id })).isError).toBe(true);
      await done(bob.call('join_thread', { agent_id: bobId, thread_id: thread.id }));
      const archived = await done(ada.call('archive_thread', { agent_id: adaId, thread_id: thread.id }));
      expect(ThreadSchema.parse(archived).thread.status).toBe('archived');
      const asked = await ada.call('create_critical_thread', {
        creator_id: adaId,
        title: 'vote',
        participants: [bobId],
        initial_message: 'yes or no?',
        timeout_ms: 50,
      });
      expect(asked.text).toContain('The time is over');
      const left = MessagesSchema.parse(await done(bob.call('get_messages', { agent_id: bobId })));
      await done(
        bob.call('ack_messages', { agent_id: bobId, message_ids: left.messages.map(({ id }) => id) }),
      );
      await done(ada.call('get_messages', { agent_id: adaId }));
    },
    GIVES_UP_MS,
  );
});

test('nobody else hears of it', async () => {
  verifies('MSG-08');
  await using dev = await connectWithKey(NEW, at.gateway.mcpUrl, DEV);
  expect((await dev.call('fix_test_simple_text')).meta).not.toHaveProperty([NOTICE]);
  expect(await dev.tools()).not.toContain('send_message');
});
