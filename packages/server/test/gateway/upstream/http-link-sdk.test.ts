// The HTTP links against the official SDK's servers, both generations and both eras.

import { spanText } from '@tutti/wire';
import { describe, expect, it } from 'vitest';
import { contentTools } from '../../../../../test/programs/fixture/tools-content.ts';
import { askingTools } from '../../../../../test/programs/fixture/tools-asking.ts';
import { runHttp } from '../../../../../test/programs/fixture/http.ts';
import type { Era } from '../../../../../test/programs/fixture/options.ts';
import { createWorld } from '../../../../../test/programs/fixture/world.ts';
import { startSdkV1 } from '../../../../../test/programs/upstreams/sdk-v1.ts';
import { verifies } from '../../../../../test/verifies.ts';
import type { Link, OutgoingRequest } from '../../../src/gateway/upstream/link.ts';
import { LEGACY, MODERN, openLink, type LinkFixture } from './http-fixture.ts';
import { until } from './link-recorder.ts';

async function startFixture(...eras: Era[]) {
  const world = createWorld(0);
  for (const tool of [...contentTools(world), ...askingTools]) world.tools.set(tool.name, tool);
  const server = await runHttp(world, eras, 0);
  return { url: new URL(server.url), [Symbol.asyncDispose]: () => server.close() };
}

function ask(id: number, method: string, params: object, name?: string): OutgoingRequest {
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  return { id, method, bytes, name, paramHeaders: undefined };
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

function call(id: number, name: string, args: object, meta: object = {}): OutgoingRequest {
  return ask(id, 'tools/call', { name, arguments: args, _meta: { progressToken: id, ...meta } }, name);
}

async function shakeHands({ link, seen }: LinkFixture): Promise<void> {
  const capabilities = { elicitation: {} };
  const clientInfo = { name: 'test', version: '1' };
  link.agree(LEGACY);
  link.request(ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo }));
  await seen.answer(0);
  link.agree(LEGACY);
  initialized(link);
}

function initialized(link: Link): void {
  link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
}

describe('second generation', () => {
  it('legacy: calls, progress on the stream of its call, a question and its answer', async () => {
    verifies('GW-03');
    await using server = await startFixture('legacy');
    await using fixture = openLink(server.url);
    const { link, seen } = fixture;
    await shakeHands(fixture);
    link.listen();
    link.request(call(1, 'test_tool_with_progress', {}));
    link.request(call(2, 'test_elicitation', { message: 'who?' }));
    await until(() => seen.messages.some(({ message }) => message.kind === 'request'));
    const question = seen.messages.find(({ message }) => message.kind === 'request');
    expect(question).toMatchObject({ origin: 2, message: { method: 'elicitation/create' } });
    const questionId =
      question?.message.id === undefined ? '' : spanText(question.message.bytes, question.message.id);
    link.send(Buffer.from(`{"jsonrpc":"2.0","id":${questionId},"result":{"action":"decline"}}`));
    expect((await seen.answer(2)).text).toContain('decline');
    await seen.answer(1);
    const progress = seen.messages.filter(({ message }) => message.method === 'notifications/progress');
    expect(progress.map(({ origin }) => origin)).toEqual([1, 1, 1]);
    expect(seen.failures.size).toBe(0);
  });

  it('legacy: comes back for an answer when the server closes the stream', async () => {
    verifies('GW-03');
    await using server = await startFixture('legacy');
    await using fixture = openLink(server.url);
    await shakeHands(fixture);
    fixture.link.request(call(1, 'test_reconnection', {}));
    expect((await fixture.seen.answer(1)).text).toContain('Reconnection test completed');
  });

  it('legacy: brings list changes on the standing stream', async () => {
    await using server = await startFixture('legacy');
    await using fixture = openLink(server.url);
    await shakeHands(fixture);
    fixture.link.listen();
    fixture.link.request(call(1, 'test_simple_text', {}));
    await fixture.seen.answer(1);
    fixture.link.request(call(2, 'test_trigger_tool_change', {}));
    const isChange = ({ message }: { message: { method: string | undefined } }): boolean =>
      message.method === 'notifications/tools/list_changed';
    await until(() => fixture.seen.messages.some(isChange));
    expect(fixture.seen.messages.find(isChange)).toMatchObject({ origin: undefined });
  });

  it('modern: discovers, calls, subscribes, and an abort cancels', async () => {
    verifies('GW-03');
    await using server = await startFixture('modern');
    await using fixture = openLink(server.url);
    const { link, seen } = fixture;
    link.agree(MODERN);
    link.request(ask(1, 'server/discover', { _meta: ENVELOPE }));
    expect((await seen.answer(1)).text).toContain('"supportedVersions"');
    link.request(call(2, 'test_tool_with_progress', {}, ENVELOPE));
    await seen.answer(2);
    expect(seen.messages.filter(({ origin }) => origin === 2)).toHaveLength(4);

    const notifications = { toolsListChanged: true };
    link.request(ask(3, 'subscriptions/listen', { notifications, _meta: ENVELOPE }));
    await until(() =>
      seen.messages.some(({ message }) => message.method === 'notifications/subscriptions/acknowledged'),
    );
    link.request(call(4, 'test_trigger_tool_change', {}, ENVELOPE));
    await until(() =>
      seen.messages.some(
        ({ message, origin }) => origin === 3 && message.method === 'notifications/tools/list_changed',
      ),
    );
    link.abort(3);
    link.request(call(5, 'unknown', {}, ENVELOPE));
    await seen.answer(5);
    link.request(ask(6, 'no/such/method', { _meta: ENVELOPE }));
    expect((await seen.answer(6)).text).toContain('-32601');
    expect(seen.failures.size).toBe(0);
  });

  it('modern: a legacy server says no in a way that can be told', async () => {
    await using server = await startFixture('legacy');
    await using fixture = openLink(server.url);
    fixture.link.agree(MODERN);
    fixture.link.request(ask(1, 'server/discover', { _meta: ENVELOPE }));
    expect(await fixture.seen.failure(1)).toMatchObject({ kind: 'http', status: 400 });
    await shakeHands(fixture);
    fixture.link.request(call(2, 'test_simple_text', {}));
    await fixture.seen.answer(2);
  });
});

describe('first generation', () => {
  it('calls, and ends its session', async () => {
    verifies('GW-03');
    await using server = await startSdkV1();
    await using fixture = openLink(server.url);
    await shakeHands(fixture);
    fixture.link.listen();
    fixture.link.request(call(1, 'greet', {}));
    expect((await fixture.seen.answer(1)).text).toContain('hello');
    expect(fixture.seen.messages.map(({ origin }) => origin)).toEqual([0, 1, 1]);
    await fixture.link.close();
    expect(server.sessions()).toBe(0);
  });

  it('tells a session that was lost to a redeployment', async () => {
    await using server = await startSdkV1();
    await using fixture = openLink(server.url);
    await shakeHands(fixture);
    fixture.link.request(call(1, 'greet', {}));
    await fixture.seen.answer(1);
    server.forget();
    fixture.link.request(call(2, 'greet', {}));
    expect(await fixture.seen.failure(2)).toMatchObject({ kind: 'session_lost' });
    expect(await fixture.seen.end()).toMatchObject({ kind: 'lost' });
  });
});
