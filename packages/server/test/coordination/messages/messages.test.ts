// Messages between agents and people, on both databases.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_UNREAD } from '../../../src/coordination/messages/limits.ts';
import type { MailTables } from '../../../src/coordination/messages/rows.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, openFresh, STRANGER, type TestCoordination } from '../support/open.ts';
import { contentText } from './content-text.ts';
import { send, take, thread } from './post.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

describe.each(stores)('messages on $name', ({ freshUrl }) => {
  async function open(...agents: readonly string[]): Promise<TestCoordination> {
    const host = await openFresh(freshUrl());
    for (const id of agents) await host.agent({ id });
    return host;
  }
  const details = (kind: string) => ({ details: { kind } });

  test('are delivered, read and acknowledged apart', async () => {
    verifies('MSG-01', 'MSG-02');
    await using host = await open('ada', 'bob');
    const sent = await send(host, { sender_id: 'ada', recipient_id: 'bob', urgent: true });
    expect(sent).toMatchObject({ sender_id: 'ada', recipient_ids: ['bob'], urgent: true, type: 'text' });
    expect(await host.messages.inbox('bob', LOCAL)).toMatchObject({ last_seq: 1, unread: 1, unacked: 1 });
    const looked = await host.messages.check('bob', { limit: 10 }, LOCAL);
    expect(looked.items[0]?.delivery).toMatchObject({ seq: 1, delivered_at: expect.any(String) });
    expect(looked.items[0]?.delivery).not.toHaveProperty('read_at');
    expect(looked.inbox.unread).toBe(1);
    expect(await take(host, 'bob')).toEqual(['hello']);
    expect(await take(host, 'bob')).toEqual([]);
    expect(await host.messages.inbox('bob', LOCAL)).toMatchObject({ unread: 0, unacked: 1 });
    const unacked = { order: 'oldest', cursor: undefined, state: 'unacked', limit: 10 } as const;
    expect((await host.messages.list('bob', unacked, LOCAL)).items).toHaveLength(1);
    expect(await host.messages.ack('bob', [sent.id, 'no such message'], LOCAL)).toBe(1);
    expect(await host.messages.ack('bob', [sent.id], LOCAL)).toBe(0);
    expect(await host.messages.inbox('bob', LOCAL)).toMatchObject({ unread: 0, unacked: 0 });
    const seen = await host.messages.get(sent.id, LOCAL);
    expect(seen.deliveries).toEqual([expect.objectContaining({ acked_at: expect.any(String) })]);
  });

  test('go to people, who read what is theirs', async () => {
    verifies('MSG-02');
    await using host = await open('ada');
    await send(host, { sender_id: 'ada', recipient_id: 'person:stranger' });
    await expect(host.messages.take('person:stranger', { limit: 1 }, LOCAL)).rejects.toMatchObject({
      code: 'refused',
    });
    const { items } = await host.messages.take('person:stranger', { limit: 1 }, STRANGER);
    expect(items).toHaveLength(1);
    const back = { sender_id: 'person:stranger', recipient_id: 'ada', reply_to: items[0]?.id };
    await send(host, back, STRANGER);
    expect(await take(host, 'ada')).toEqual(['hello']);
    await expect(host.agent({ id: 'person:local' })).rejects.toMatchObject({ code: 'invalid_params' });
  });

  test('are refused where they can reach nobody, or are none', async () => {
    verifies('MSG-02');
    await using host = await open('ada', 'bob');
    const from = { sender_id: 'ada' };
    await expect(send(host, { ...from, recipient_id: 'nobody' })).rejects.toMatchObject(
      details('unknown_recipient'),
    );
    await expect(send(host, { ...from, recipient_id: 'person:nobody' })).rejects.toMatchObject(
      details('unknown_recipient'),
    );
    await expect(send(host, from)).rejects.toMatchObject(details('recipients'));
    await expect(send(host, { ...from, recipient_id: 'bob', thread_id: 't' })).rejects.toMatchObject(
      details('recipients'),
    );
    await expect(send(host, { ...from, recipient_id: 'ada' })).rejects.toMatchObject(details('recipients'));
    await expect(send(host, { ...from, thread_id: 't' })).rejects.toMatchObject(details('unknown_thread'));
    await expect(
      send(host, { ...from, recipient_id: 'bob', content: 'x'.repeat(256 * 1024 + 1) }),
    ).rejects.toMatchObject({ code: 'too_large' });
    await expect(send(host, { ...from, recipient_id: 'bob' }, STRANGER)).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(send(host, { sender_id: 'tutti', recipient_id: 'bob' }, ADMIN)).rejects.toMatchObject({
      code: 'refused',
    });
    const alone = await thread(host, 'ada', []);
    await expect(send(host, { ...from, thread_id: alone.id })).rejects.toMatchObject(details('nobody'));
    expect(await host.messages.inbox('bob', LOCAL)).toMatchObject({ last_seq: 0, unread: 0 });
  });

  test('say what they are, as an object or as JSON in a text', async () => {
    verifies('MSG-06');
    await using host = await open('ada', 'bob');
    const to = { sender_id: 'ada', recipient_id: 'bob' };
    const typed = await send(host, { ...to, content: { type: 'blocker_report', blocked_on: 'a key' } });
    expect(typed).toMatchObject({ type: 'blocker_report', content: { blocked_on: 'a key' } });
    const text = await send(host, { ...to, content: '{"type":"task_assignment","n":1}' });
    expect(text).toMatchObject({ type: 'task_assignment', content: '{"type":"task_assignment","n":1}' });
    expect((await send(host, { ...to, content: '{"type":"other"}' })).type).toBe('text');
    expect((await send(host, { ...to, content: '{ no JSON' })).type).toBe('text');
    const [last] = (await host.messages.take('bob', { limit: 10 }, LOCAL)).items.slice(-1);
    expect(last).toMatchObject({ type: 'blocker_report', content: { blocked_on: 'a key' } });
  });

  test('come the newest first, and all of them come', async () => {
    verifies('MSG-02', 'MSG-05');
    await using host = await open('ada', 'bob');
    const to = { sender_id: 'ada', recipient_id: 'bob' };
    await Promise.all(Array.from({ length: 25 }, (_, n) => send(host, { ...to, content: `${n}` })));
    expect(await take(host, 'bob', 10)).toEqual(['24', '23', '22', '21', '20', '19', '18', '17', '16', '15']);
    expect(await take(host, 'bob', 10)).toHaveLength(10);
    expect(await take(host, 'bob', 10)).toEqual(['4', '3', '2', '1', '0']);
    const seen: string[] = [];
    for (let cursor: number | undefined; ;) {
      const query = { order: 'oldest', cursor, state: 'all', limit: 7 } as const;
      const page = await host.messages.list('bob', query, LOCAL);
      seen.push(...page.items.map(contentText));
      if (page.nextCursor === undefined) break;
      cursor = Number(page.nextCursor);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `${n}`));
    const again = await host.messages.take('bob', { limit: 3, sinceMs: 0 }, LOCAL);
    expect(again.items).toHaveLength(3);
  });

  test('of much content come in several answers', async () => {
    verifies('MSG-02');
    await using host = await open('ada', 'bob');
    const to = { sender_id: 'ada', recipient_id: 'bob' };
    for (let n = 0; n < 3; n++) await send(host, { ...to, content: 'x'.repeat(100 * 1024) });
    expect(await take(host, 'bob')).toHaveLength(2);
    expect(await take(host, 'bob')).toHaveLength(1);
  });

  test('sent again with the same key are sent once', async () => {
    verifies('MSG-02');
    await using host = await open('ada', 'bob');
    const once = { principal: 'local', key: 'k', digest: 'd' };
    const message = {
      sender_id: 'ada',
      recipient_id: 'bob',
      content: 'hello',
      urgent: false,
      importance: 'normal',
      attachments: [],
    } as const;
    const first = await host.messages.send({ ...message, attachments: [] }, LOCAL, once);
    const second = await host.messages.send({ ...message, attachments: [] }, LOCAL, once);
    expect(second).toEqual(first);
    expect(await take(host, 'bob')).toEqual(['hello']);
    const other = { ...once, digest: 'another' };
    await expect(host.messages.send({ ...message, attachments: [] }, LOCAL, other)).rejects.toMatchObject(
      details('key_reused'),
    );
  });

  test('wake whoever waits for them', async () => {
    verifies('MSG-02');
    await using host = await open('ada', 'bob');
    const wait = { waitMs: 30_000, signal };
    const waiting = host.messages.take('bob', { limit: 10, wait }, LOCAL);
    await send(host, { sender_id: 'ada', recipient_id: 'bob' });
    expect((await waiting).items).toHaveLength(1);
    const nothing = await host.messages.take('bob', { limit: 10, wait: { waitMs: 1, signal } }, LOCAL);
    expect(nothing.items).toEqual([]);
    const given = new AbortController();
    const given_up = host.messages.take('bob', { limit: 1, wait: { ...wait, signal: given.signal } }, LOCAL);
    given.abort(new Error('enough'));
    await expect(given_up).rejects.toThrow('enough');
  });

  test('that nobody takes bounce when the agent leaves, each once', async () => {
    verifies('MSG-08');
    await using host = await open('ada', 'bob', 'cyd');
    const first = await send(host, { sender_id: 'ada', recipient_id: 'bob', content: '1' });
    const second = await send(host, { sender_id: 'cyd', recipient_ids: ['bob', 'ada'], content: '2' });
    const read = await send(host, { sender_id: 'ada', recipient_id: 'bob', content: '3' });
    await host.messages.take('bob', { limit: 1 }, LOCAL);
    await host.agents.deregister('bob', LOCAL);
    expect(await take(host, 'ada')).toEqual([`bounce ${first.id}`, '2']);
    expect(await take(host, 'cyd')).toEqual([`bounce ${second.id}`]);
    expect((await host.messages.get(read.id, LOCAL)).deliveries[0]).not.toHaveProperty('bounced_at');
    await expect(send(host, { sender_id: 'ada', recipient_id: 'bob' })).rejects.toMatchObject(
      details('unknown_recipient'),
    );
    // Another agent of the name has nothing of it.
    await host.agent({ id: 'bob' }, STRANGER);
    expect(await host.messages.unacked(['bob'], STRANGER)).toEqual([]);
    expect(await host.messages.inbox('bob', STRANGER)).toMatchObject({ unread: 0, unacked: 0 });
    const all = { order: 'oldest', cursor: undefined, state: 'all', limit: 10 } as const;
    expect((await host.messages.list('bob', all, STRANGER)).items).toEqual([]);
    await send(host, { sender_id: 'ada', recipient_id: 'bob', content: '4' });
    const { items } = await host.messages.take('bob', { limit: 10 }, STRANGER);
    expect(items.map(({ content }) => content)).toEqual(['4']);
    expect(items[0]?.delivery.seq).toBeGreaterThan(3);
  });

  test('that a crash kept from bouncing bounce at the next start, or the next look', async () => {
    verifies('MSG-08');
    const url = freshUrl();
    const host = await openFresh(url);
    for (const id of ['ada', 'bob']) await host.agent({ id });
    const sent = await send(host, { sender_id: 'ada', recipient_id: 'bob' });
    // As if the host had died before it looked.
    await host.database.over<MailTables>().transaction(async (tx) => {
      await tx.deleteFrom('agents_agents').where('id', '=', 'bob').execute();
    });
    await host[Symbol.asyncDispose]();
    const { openOn } = await import('../support/open.ts');
    await using next = await openOn(host.database);
    expect(await take(next, 'ada')).toEqual([`bounce ${sent.id}`]);
  });

  test('are not for another agent that comes before anybody looked', async () => {
    verifies('MSG-08');
    await using host = await open('ada', 'bob');
    const sent = await send(host, { sender_id: 'ada', recipient_id: 'bob' });
    await host.database.over<MailTables>().transaction(async (tx) => {
      await tx
        .updateTable('agents_agents')
        .set({ registered_ms: 1, owner: STRANGER.id })
        .where('id', '=', 'bob')
        .execute();
    });
    await host.agent({ id: 'bob' }, STRANGER);
    expect((await host.messages.take('bob', { limit: 10 }, STRANGER)).items).toEqual([]);
    expect(await take(host, 'ada')).toEqual([`bounce ${sent.id}`]);
  });

  test('for a full inbox are refused, and bounce where others get them', async () => {
    verifies('MSG-02', 'MSG-08');
    await using host = await open('ada', 'bob', 'cyd');
    await send(host, { sender_id: 'ada', recipient_ids: ['bob', 'cyd'] });
    await host.database.over<MailTables>().transaction(async (tx) => {
      await tx
        .updateTable('messages_inboxes')
        .set({ unread: MAX_UNREAD })
        .where('participant_id', '=', 'bob')
        .execute();
    });
    await expect(send(host, { sender_id: 'ada', recipient_id: 'bob' })).rejects.toMatchObject(
      details('inbox_full'),
    );
    const both = await send(host, { sender_id: 'ada', recipient_ids: ['bob', 'cyd'], content: '2' });
    expect(both.bounced).toEqual([expect.objectContaining({ recipient_id: 'bob' })]);
    expect(await take(host, 'ada')).toEqual([`bounce ${both.id}`]);
    expect(await take(host, 'cyd')).toEqual(['2', 'hello']);
  });

  test('that must be read are named until they are acknowledged', async () => {
    verifies('MSG-08');
    await using host = await open('ada', 'bob');
    const to = { sender_id: 'ada', recipient_id: 'bob' };
    const sent = await send(host, { ...to, importance: 'must_read' });
    expect(await host.agents.notice('bob', LOCAL)).toMatchObject({
      unread: 1,
      must_read: [{ message_id: sent.id, sender_id: 'ada' }],
    });
    expect(() => host.messages.requireRead('bob')).toThrow(sent.id);
    await take(host, 'bob');
    expect(() => host.messages.requireRead('bob')).toThrow('ack_messages');
    await host.messages.ack('bob', [sent.id], LOCAL);
    host.messages.requireRead('bob');
    expect(await host.agents.notice('bob', LOCAL)).toMatchObject({ unread: 0, must_read: [] });
  });

  test('that are not acknowledged are told of all at once', async () => {
    verifies('MSG-05');
    await using host = await open('ada', 'bob', 'cyd');
    const { id } = await thread(host, 'ada', ['bob', 'cyd']);
    await send(host, { sender_id: 'ada', thread_id: id });
    await send(host, { sender_id: 'ada', thread_id: id });
    await send(host, { sender_id: 'ada', recipient_id: 'bob' });
    const found = await host.messages.unacked(['ada', 'bob', 'cyd'], LOCAL);
    expect(found).toHaveLength(3);
    expect(found).toEqual(
      expect.arrayContaining([
        { participant_id: 'bob', count: 1 },
        { participant_id: 'bob', thread_id: id, count: 2 },
        { participant_id: 'cyd', thread_id: id, count: 2 },
      ]),
    );
  });
});
