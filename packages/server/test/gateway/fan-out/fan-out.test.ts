import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Caller } from '../../../src/gateway/caller.ts';
import type { Exchange, Reply } from '../../../src/gateway/exchange.ts';
import { createFanOut, MAX_FAN_OUT_AT_ONCE } from '../../../src/gateway/fan-out/fan-out.ts';
import { message } from '../entry.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

const CALLER: Caller = {
  principal: 'local',
  era: 'legacy',
  sessionKey: 'session:1',
  protocolVersion: '2025-11-25',
  capabilities: '{"elicitation":{}}',
  clientInfo: undefined,
  logLevel: 'debug',
  paramHeaders: undefined,
};
const DONE: Reply = { kind: 'result', json: '{"content":[]}' };
const TIMEOUT_MS = 1_000;

/** A call of so many members, whose exchanges are kept as they are submitted. */
function start(count: number, submitted: (exchange: Exchange) => void = () => {}) {
  const clock = createManualClock();
  const sent: Exchange[] = [];
  const replies: Reply[] = [];
  const outcomes: string[] = [];
  const params = { name: 't', arguments: {} };
  const servers = Array.from({ length: count }, (_, index) => `s${index}`);
  const whole = createFanOut(
    {
      clock,
      pool: {
        submit(exchange) {
          sent.push(exchange);
          submitted(exchange);
        },
      },
      deadlineOf: (_, nowMs) => nowMs + TIMEOUT_MS,
      finished: (exchange, outcome) => outcomes.push(`${exchange.server} ${outcome}`),
      same: undefined,
    },
    {
      route: {
        kind: 'members',
        family: 'f',
        calls: servers.map((server) => ({ server, tool: 't', paramHeaders: undefined })),
        renames: [],
      },
      message: message({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      caller: CALLER,
      channel: {
        notify: () => {},
        ask: () => {},
        finish: (reply) => replies.push(reply),
        finished: (_, outcome) => outcomes.push(`whole ${outcome}`),
      },
    },
  );
  const instances = (): Record<string, { error?: string }> => {
    const [reply] = replies;
    return reply?.kind === 'result' ? JSON.parse(String(reply.json)).structuredContent.instances : {};
  };
  return { clock, sent, replies, outcomes, whole, instances };
}

test('so many members are called at a time, each next one as soon as there is room', () => {
  verifies('FAM-04');
  const { whole, sent, replies } = start(MAX_FAN_OUT_AT_ONCE + 3);
  whole.carrier?.submit(whole);
  expect(sent).toHaveLength(MAX_FAN_OUT_AT_ONCE);
  sent[5]?.finish(DONE);
  expect(sent).toHaveLength(MAX_FAN_OUT_AT_ONCE + 1);
  for (let index = 0; index < sent.length; index++) sent[index]?.finish(DONE);
  expect(sent).toHaveLength(MAX_FAN_OUT_AT_ONCE + 3);
  expect(replies).toHaveLength(1);
});

test('members that answer at once do not pile up', () => {
  verifies('FAM-04');
  const { whole, replies, instances } = start(5_000, (exchange) => exchange.finish(DONE));
  whole.carrier?.submit(whole);
  expect(replies).toHaveLength(1);
  expect(Object.keys(instances())).toHaveLength(5_000);
});

test('who got no turn before its deadline is not called any more', () => {
  verifies('FAM-04', 'GW-08');
  const { whole, sent, clock, instances } = start(MAX_FAN_OUT_AT_ONCE + 1);
  whole.carrier?.submit(whole);
  clock.advance(TIMEOUT_MS);
  for (const exchange of sent) exchange.finish(DONE);
  expect(sent).toHaveLength(MAX_FAN_OUT_AT_ONCE);
  expect(instances()[`s${MAX_FAN_OUT_AT_ONCE}`]?.error).toContain('no turn in time');
});

test('a cancelled call cancels what is under way and starts nothing more', () => {
  verifies('FAM-04', 'GW-05');
  const { whole, sent, replies, outcomes } = start(MAX_FAN_OUT_AT_ONCE + 2);
  whole.carrier?.submit(whole);
  const told: string[] = [];
  for (const exchange of sent)
    exchange.holder = { cancel: ({ server }, reason) => void told.push(`${server} ${reason}`) };
  sent[0]?.finish(DONE);
  whole.cancel('enough');
  expect(told).toHaveLength(MAX_FAN_OUT_AT_ONCE - 1);
  expect(told[0]).toBe('s1 enough');
  expect(sent).toHaveLength(MAX_FAN_OUT_AT_ONCE + 1);
  expect(replies).toEqual([]);
  expect(outcomes[0]).toBe('s0 ok');
  expect(outcomes.filter((text) => text.endsWith('cancelled'))).toHaveLength(MAX_FAN_OUT_AT_ONCE + 2);
});

test('members are called as by somebody who can answer nothing', () => {
  verifies('FAM-04');
  const { whole, sent } = start(1);
  whole.carrier?.submit(whole);
  expect(sent[0]?.caller).toMatchObject({ ...CALLER, capabilities: '{}' });
});
