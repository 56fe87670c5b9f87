// Many clients of both eras at work on one server at once: every answer, question, progress and cancellation reaches
// its owner. Everything carries a nonce that must come back, and payloads are large enough to arrive in pieces.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCaller, type Caller, type ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
import { inFlight, statusOf } from './support/observe.ts';

/** Of each client, and how many of them at once. */
const CALLS = 48;
const AT_ONCE = 3;
const PADDING = 'ä€'.repeat(40_000);

const CLIENTS: readonly ClientEra[] = ['legacy', 'modern', 'legacy', 'modern'];

let gateway: Gateway;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const old = stack.use(await startHttpFixture('legacy'));
  const modern = stack.use(await startHttpFixture('modern'));
  gateway = stack.use(
    await startGateway({
      servers: {
        'old-stdio': fixtureCommand('legacy'),
        'old-http': { type: 'http', url: old.url },
        'new-stdio': fixtureCommand('modern'),
        'new-http': { type: 'http', url: modern.url },
      },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

let lastNonce = 0;

describe.each(['old-stdio', 'old-http', 'new-stdio', 'new-http'])('%s', (server) => {
  test('hundreds of calls of four clients', { timeout: 60_000 }, async () => {
    verifies('GW-03', 'GW-04', 'GW-05', 'GW-08');
    const callers = await Promise.all(CLIENTS.map((era, index) => openClient(era, server, index)));
    // The first question that can't be told apart makes a server Interactive; from then on all of them work.
    if (server === 'old-stdio') await makeInteractive(server, callers);
    await Promise.all(callers.map(async (caller, index) => work(caller, index)));
    for (const caller of callers) {
      await eventually(async () => {
        const counts = memberText(await caller.callTool('cancelled_count'), 'structuredContent', 'running');
        return counts === '0';
      });
    }
    expect(await inFlight(gateway, server)).toBe(0);
    await Promise.all(callers.map((caller) => caller[Symbol.asyncDispose]()));
  });
});

/** Answers only what was meant for it. */
function openClient(era: ClientEra, server: string, index: number): Promise<Caller> {
  return openCaller(era, gateway.serverUrl(server), {
    answer: (_, params) => {
      const asked = String(JSON.parse(memberText(params, 'message') ?? '""'));
      const [, owner, nonce] = /c(\d+)-(n\d+)/.exec(asked) ?? [];
      if (owner !== String(index)) throw new Error(`client ${index} was asked for client ${owner}`);
      return JSON.stringify({ action: 'accept', content: { value: `c${index}-${nonce}${PADDING}` } });
    },
  });
}

async function makeInteractive(server: string, callers: readonly Caller[]): Promise<void> {
  await eventually(async () => {
    const ask = (caller: Caller, index: number) =>
      caller.callTool('ask_elicitation', JSON.stringify({ message: nonceOf(index) })).catch(() => undefined);
    await Promise.all(callers.map(ask));
    const { conditions } = await statusOf(gateway, server);
    return conditions.some(({ type, status }) => type === 'Interactive' && status === 'True');
  });
}

const nonceOf = (client: number): string => `c${client}-n${(lastNonce += 1)}`;

const KINDS = [ask, echo, progress, cancel];

async function work(caller: Caller, index: number): Promise<void> {
  let left = CALLS;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await KINDS[left % KINDS.length]?.(caller, nonceOf(index));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function ask(caller: Caller, nonce: string): Promise<void> {
  const result = await caller.callTool('ask_elicitation', JSON.stringify({ message: `${nonce}${PADDING}` }));
  const value = memberText(result, 'structuredContent', 'asked', 'content', 'value');
  expect(value === JSON.stringify(`${nonce}${PADDING}`) ? nonce : result.slice(0, 300)).toBe(nonce);
}

async function echo(caller: Caller, nonce: string): Promise<void> {
  const args = `{"nonce":"${nonce}" , "padding":"${PADDING}","big":12345678901234567890}`;
  const came = memberText(await caller.callTool('echo_raw', args), 'structuredContent');
  expect(came === args ? nonce : came?.slice(0, 100)).toBe(nonce);
}

async function progress(caller: Caller, nonce: string): Promise<void> {
  const tokens = new Set<string | undefined>();
  await caller.callTool('slow', '{"ms":150}', {
    meta: `"progressToken":"${nonce}"`,
    onMessage: (message) => tokens.add(memberText(message, 'params', 'progressToken')),
  });
  expect([...tokens]).toEqual([`"${nonce}"`]);
}

/** Cancels when the call has shown that it runs. */
async function cancel(caller: Caller, nonce: string): Promise<void> {
  const abort = new AbortController();
  const running = Promise.withResolvers<void>();
  const answer = caller.request('tools/call', '{"name":"slow","arguments":{"ms":600000}}', {
    signal: abort.signal,
    meta: `"progressToken":"${nonce}"`,
    onMessage: () => running.resolve(),
  });
  await Promise.race([running.promise, answer]);
  await caller.cancel(abort);
  expect((await answer).result).toBeUndefined();
}
