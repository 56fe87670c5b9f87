// Messages over the API, the SDK and the command line, against a running Tutti.

import {
  ApiMessageSchema,
  ApiThreadSchema,
  CriticalAnswerSchema,
  type ReceivedMessage,
  ReceivedPageSchema,
  SentMessageSchema,
  TakenSchema,
} from '@tutti/schemas';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, type ApiCaller, BERT, callerWith, NOBODY, startWorkGateway, VERA } from './work-world.ts';

let gateway: Gateway;
let anna: ApiCaller;
let bert: ApiCaller;
let annas: TuttiClient;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
  bert = callerWith(gateway, BERT);
  annas = createTuttiClient({ url: gateway.url, token: ANNA });
  for (const id of ['ada', 'abe']) await anna('POST', '/agents', { id, heartbeatInterval: 3_600 });
  await bert('POST', '/agents', { id: 'bob', heartbeatInterval: 3_600 });
}, 120_000);
afterAll(() => gateway.close(), 60_000);

describe('messages over the API', () => {
  test('are for those who write and get them', async () => {
    verifies('MSG-02', 'MSG-05', 'OPS-04');
    const sent = await anna('POST', '/messages', { sender_id: 'ada', recipient_id: 'bob', content: 'hi' });
    const { id } = SentMessageSchema.parse(sent.body);
    const page = await bert('GET', '/inboxes/bob/messages?state=unread&order=oldest');
    expect(ReceivedPageSchema.parse(page.body).items.map((one) => one.id)).toContain(id);
    expect((await bert('GET', `/messages/${id}`)).status).toBe(200);
    expect((await anna('GET', `/messages/${id}`)).status).toBe(200);
    expect((await callerWith(gateway, NOBODY)('GET', `/messages/${id}`)).status).toBe(403);
    expect((await callerWith(gateway, VERA)('GET', '/inboxes/bob')).status).toBe(403);
    expect((await anna('GET', '/inboxes/bob')).status).toBe(403);
    expect((await anna('POST', '/inboxes/bob/take', {})).status).toBe(403);
    expect(
      (await bert('POST', '/messages', { sender_id: 'ada', recipient_id: 'bob', content: 'x' })).status,
    ).toBe(403);
    expect(
      (await anna('POST', '/messages', { sender_id: 'ada', recipient_id: 'zoe', content: 'x' })).status,
    ).toBe(404);
    expect((await anna('POST', '/messages', { sender_id: 'ada', content: 'x' })).status).toBe(400);
    const huge = { sender_id: 'ada', recipient_id: 'bob', content: 'x'.repeat(300 * 1024) };
    expect((await anna('POST', '/messages', huge)).status).toBe(413);
    const taken = TakenSchema.parse((await bert('POST', '/inboxes/bob/take', {})).body);
    expect(taken).toMatchObject({ items: [{ id, content: 'hi' }], inbox: { unread: 0, unacked: 1 } });
    const unacked = await bert('POST', '/inboxes/unacked', { participant_ids: ['bob'] });
    expect(unacked.body).toEqual({ items: [{ participant_id: 'bob', count: 1 }] });
    const ack = await bert('POST', '/inboxes/bob/ack', { message_ids: [id] });
    expect(ack.body).toEqual({ acked_count: 1 });
  });

  test('go to people, who answer as themselves', async () => {
    verifies('MSG-02');
    const sent = await anna('POST', '/messages', {
      sender_id: 'ada',
      recipient_ids: ['person:bert', 'person:local'],
      content: { type: 'query', question: 'ready?' },
    });
    const { id, type } = SentMessageSchema.parse(sent.body);
    expect(type).toBe('query');
    expect((await anna('GET', '/inboxes/person%3Abert')).status).toBe(403);
    const taken = TakenSchema.parse((await bert('POST', '/inboxes/person%3Abert/take', {})).body);
    expect(taken.items[0]).toMatchObject({ id, content: { question: 'ready?' } });
    const back = { sender_id: 'person:bert', recipient_id: 'ada', content: 'yes', reply_to: id };
    expect((await bert('POST', '/messages', back)).status).toBe(200);
    const [answer] = (await annas.messages.take('ada')).items;
    expect(answer).toMatchObject({ sender_id: 'person:bert', reply_to: id });
  });

  test('wait for answers, and go on waiting with a handle', async () => {
    verifies('MSG-03', 'MSG-04');
    const asked = await anna('POST', '/threads/critical', {
      creator_id: 'ada',
      title: 'stop?',
      participants: ['bob', 'abe'],
      initial_message: 'Shall we stop?',
      wait_for_responses: 2,
      timeout_ms: 1,
    });
    expect(CriticalAnswerSchema.parse(asked.body)).toMatchObject({ complete: false, timed_out: true });
    const slow = annas.threads.createCritical({
      creator_id: 'ada',
      title: 'stop?',
      participants: ['bob'],
      initial_message: 'Shall we stop?',
      timeout_ms: 600_000,
    });
    const thread = await eventually(async () => {
      const { items } = TakenSchema.parse((await bert('POST', '/inboxes/bob/take', { limit: 1 })).body);
      return items.find(({ importance }) => importance === 'must_read')?.thread_id;
    });
    const other = ApiMessageSchema.parse(
      (await bert('POST', '/messages', { sender_id: 'bob', thread_id: thread, content: 'yes' })).body,
    );
    expect(await slow).toMatchObject({ complete: true, timed_out: false, responses: [{ id: other.id }] });
    const again = await annas.threads.responses(thread ?? '', 0);
    expect(again).toMatchObject({ complete: true });
    expect((await bert('POST', `/threads/${thread}/archive`, { by: 'bob' })).status).toBe(403);
    const archived = await annas.threads.archive(thread ?? '', 'ada');
    expect(ApiThreadSchema.parse(archived).status).toBe('archived');
    const late = await bert('POST', '/messages', { sender_id: 'bob', thread_id: thread, content: 'late' });
    expect(late.status).toBe(409);
  });

  test('are followed through broken connections, each once', { timeout: 120_000 }, async () => {
    verifies('MSG-07');
    await anna('POST', '/agents', { id: 'far', heartbeatInterval: 3_600 });
    // Cut in the middle of things, now and then.
    let cuts = 0;
    const cutting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (typeof input !== 'string' || !input.includes('/rooms') || response.body === null) return response;
      const abort = new AbortController();
      setTimeout(() => {
        cuts += 1;
        abort.abort();
      }, 120);
      const cut = new TransformStream<Uint8Array, Uint8Array>();
      void response.body.pipeTo(cut.writable, { signal: abort.signal }).catch(() => undefined);
      return new Response(cut.readable, { headers: response.headers });
    };
    const client = createTuttiClient({ url: gateway.url, token: ANNA, fetch: cutting });
    const over = new AbortController();
    const seen: ReceivedMessage[] = [];
    const following = (async () => {
      for await (const message of client.messages.follow('far', { signal: over.signal })) seen.push(message);
    })();
    const all = 120;
    for (let n = 0; n < all; n++)
      await anna('POST', '/messages', { sender_id: 'ada', recipient_id: 'far', content: `${n}` });
    await eventually(() => seen.length >= all && cuts > 0, { timeoutMs: 60_000, what: 'all are seen' });
    over.abort(new Error('enough'));
    await expect(following).rejects.toThrow('enough');
    expect(seen.map(({ content }) => content)).toEqual(Array.from({ length: all }, (_, n) => `${n}`));
    expect(seen.map(({ delivery }) => delivery.seq)).toEqual(Array.from({ length: all }, (_, n) => n + 1));
    const refused = createTuttiClient({ url: gateway.url, token: BERT }).messages.follow('far');
    await expect(refused.next()).rejects.toMatchObject({ status: 403 });
  });

  test('are told of in rooms, to those whose rooms they are', async () => {
    verifies('MSG-07');
    const rooms = (query: string, secret: string): Promise<Response> =>
      fetch(`${gateway.url}/api/v1/rooms${query}`, { headers: { authorization: `Bearer ${secret}` } });
    expect((await rooms('?room=thread_participant:bob', ANNA)).status).toBe(403);
    expect((await rooms('?room=threads:messages:new', ANNA)).status).toBe(403);
    expect((await rooms('?room=nonsense', ANNA)).status).toBe(400);
    expect((await rooms('', ANNA)).status).toBe(400);
    const response = await rooms('?room=threads:messages:new&room=thread_participant:bob', gateway.token);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const read = async (until: string): Promise<void> => {
      while (!text.includes(until)) text += (await reader?.read())?.value ?? '';
    };
    await read('event: listening');
    const sent = await anna('POST', '/messages', { sender_id: 'ada', recipient_id: 'bob', content: 'hi' });
    await read('"event":"message.created"');
    await read(SentMessageSchema.parse(sent.body).id);
    await reader?.cancel();
  });
});

test('the command line shows threads and messages, and sends', async () => {
  verifies('OPS-05', 'MSG-05');
  const env = { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url };
  const cli = (...args: readonly string[]) => runCli(args, { env });
  const thread = await annas.threads.create({ creator_id: 'ada', title: 'plans', participants: ['bob'] });
  const sent = await cli('send', 'good morning', '--to', 'ada', '--must-read');
  expect(sent).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^msg_\w+ is sent to 1 of 1\.\n$/),
  });
  expect((await cli('send', 'x', '--to', 'zoe')).exitCode).toBe(3);
  expect((await cli('send', 'x')).exitCode).toBe(2);
  const inThread = await cli('send', 'hello all', '--thread', thread.id, '--from', 'ada');
  expect(inThread.exitCode).toBe(0);
  expect((await cli('get', 'threads', '--participant', 'ada')).stdout).toContain('plans');
  expect((await cli('get', 'messages', '--for', 'ada', '--unread')).stdout).toContain('must_read');
  const described = await cli('describe', 'thread', thread.id);
  expect(described.stdout).toContain('hello all');
  expect(described.stdout).toMatch(/Participants:\n {2}ada\n {2}bob/);
  const json = await cli('get', 'messages', '--for', 'bob', '--thread', thread.id, '-o', 'json');
  expect(JSON.parse(json.stdout)).toMatchObject({ items: [{ content: 'hello all' }] });
  expect((await cli('describe', 'thread', 'none')).exitCode).toBe(3);
});
