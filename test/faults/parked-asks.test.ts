// Questions of a server that are on their way to a client when something goes wrong: the client goes, the server dies,
// the state that a modern client carries is not what it was given.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type ModernOptions, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, errorText } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { inFlight } from './support/observe.ts';

const ELICITS = '{"elicitation":{"form":{}}}';
/** More questions than one session may have open. */
const MANY = 80;

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  const restart = { initial: '100ms', max: '100ms', jitter: 0 };
  gateway = stack.use(
    await startGateway({
      files: declared({ asking: faulty({ restart, stopGrace: '100ms' }), other: faulty() }),
      waitFor: ['asking', 'other'],
    }),
  );
  url = gateway.serverUrl('asking');
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const question = { message: 'which one?' };

/** Calls `ask` as a modern client; what it gets is a question with a state. */
async function park(): Promise<{ readonly state: string; readonly answer: RawAnswer }> {
  const answer = await modernRequest(url, 'tools/call', call('ask', question), { capabilities: ELICITS });
  expect(memberText(answer.result ?? '', 'resultType')).toBe('"input_required"');
  return { state: memberText(answer.result ?? '', 'requestState') ?? '', answer };
}

function retry(state: string, options: ModernOptions & { name?: string; args?: object; at?: string } = {}) {
  const { name = 'ask', args = question, at = url, ...rest } = options;
  const inputResponses = { 'ask-1': { action: 'accept', content: { value: 'this' } } };
  const params = `${JSON.stringify({ name, arguments: args, inputResponses }).slice(0, -1)},"requestState":${state}}`;
  return modernRequest(at, 'tools/call', params, { capabilities: ELICITS, ...rest });
}

describe('the state of a parked call', () => {
  test('is good once, for the same request of the same caller', async () => {
    verifies('GW-05', 'SEC-13');
    const { state } = await park();
    const changed = `${state.slice(0, 20)}${state[20] === 'A' ? 'B' : 'A'}${state.slice(21)}`;
    const refused = [
      await retry(changed),
      await retry('"x"'),
      await retry('7'),
      await retry(state, { name: 'echo' }),
      await retry(state, { args: { message: 'another' } }),
      await retry(state, { headers: { authorization: `Bearer ${gateway.token}` } }),
      await retry(state, { at: gateway.serverUrl('other') }),
    ];
    for (const answer of refused) {
      expect(errorText(answer)).toContain('Invalid requestState');
      expect(memberText(answer.error ?? '', 'code')).toBe('-32602');
    }
    const done = await retry(state);
    expect(memberText(done.result ?? '', 'structuredContent', 'answer', 'content', 'value')).toBe('"this"');
    expect(errorText(await retry(state))).toContain('it was used before');
  });

  test('leads to the truth when the server has died meanwhile', async () => {
    verifies('GW-05', 'GW-08', 'SUP-06');
    const { state } = await park();
    await modernRequest(url, 'tools/call', call('crash', { code: 9 }));
    expect(errorText(await retry(state))).toContain('exited with code 9');
    await serverReady(gateway, 'asking');
    await eventually(() => echo(url).then(() => true));
    expect(await inFlight(gateway, 'asking')).toBe(0);
  });
});

describe('a legacy client', () => {
  test('that ends its session with a question open: the server is answered and told', async () => {
    verifies('GW-05', 'SES-04');
    const client = await openLegacy(url, { capabilities: ELICITS });
    const asked = Promise.withResolvers<void>();
    const asking = client.request('tools/call', call('ask', question), { onMessage: () => asked.resolve() });
    await asked.promise;
    await client.delete();
    await asking;
    await eventually(async () => (await lastAnswer()).includes('is over'));
  });

  test('that cancels call after call with questions open can still be asked', async () => {
    verifies('GW-05');
    const client = await openLegacy(url, { capabilities: ELICITS });
    for (let round = 0; round < MANY; round++) {
      const asked = Promise.withResolvers<void>();
      const asking = client.request('tools/call', call('ask', question), {
        id: String(1_000 + round),
        onMessage: () => asked.resolve(),
      });
      await asked.promise;
      await client.notify('notifications/cancelled', `{"requestId":${1_000 + round}}`);
      expect((await asking).result).toBeUndefined();
    }
    const last = await client.request('tools/call', call('ask', question), {
      onMessage: (message) => {
        const id = memberText(String(message), 'id');
        const answer = '{"action":"accept","content":{"value":"still here"}}';
        if (message.includes('elicitation/create') && id !== undefined) void client.answer(id, answer);
      },
    });
    expect(memberText(last.result ?? '', 'structuredContent', 'answer', 'content', 'value')).toBe(
      '"still here"',
    );
    await client.delete();
  });

  test('that declines, or answers what nobody asked', async () => {
    verifies('GW-05');
    const client = await openLegacy(url, { capabilities: ELICITS });
    expect((await client.answer('4711', '{"action":"accept"}')).status).toBe(202);
    const refused = await client.request('tools/call', call('ask', question), {
      onMessage: (message) => {
        const id = memberText(String(message), 'id');
        if (message.includes('elicitation/create') && id !== undefined)
          void client.refuse(id, '{"code":-1,"message":"not now"}');
      },
    });
    expect(memberText(refused.result ?? '', 'structuredContent', 'answer', 'message')).toBe('"not now"');
    await client.delete();
  });
});

async function lastAnswer(): Promise<string> {
  const { result = '' } = await modernRequest(url, 'tools/call', call('answers'));
  const all: unknown = JSON.parse(memberText(result, 'structuredContent', 'answers') ?? '[]');
  return JSON.stringify(Array.isArray(all) ? all.at(-1) : undefined);
}
