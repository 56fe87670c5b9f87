import { beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../../../test/verifies.ts';
import { createEventLog, type EventLog } from '../../../../src/resources/events/event-log.ts';
import {
  AS_APPROVED,
  type Deviation,
  type Judgement,
} from '../../../../src/reconcile/mcp-server/pins/judge.ts';
import {
  createPinNews,
  TELL_AGAIN_MS,
  type PinNews,
} from '../../../../src/reconcile/mcp-server/pins/pin-news.ts';
import { createManualClock, type ManualClock } from '../../../kernel/manual-clock.ts';

let clock: ManualClock;
let events: EventLog;
let news: PinNews;
beforeEach(() => {
  clock = createManualClock();
  events = createEventLog({ clock });
  news = createPinNews({ events, clock });
});

const found = (
  tools: Readonly<Record<string, string>>,
  state: Deviation['state'] = 'changed',
): Judgement => ({
  deviating: new Map(Object.entries(tools).map(([tool, digest]) => [tool, { state, digest }])),
  removed: [],
});
const told = (): readonly string[] => events.list().map(({ message }) => message);

test('a change is told once, and each further one by itself', () => {
  verifies('CAT-08');
  news.tell('s', found({ a: 'digest-1x' }), 'flag');
  news.tell('s', found({ a: 'digest-1x' }), 'flag');
  news.tell('s', AS_APPROVED, 'flag');
  news.tell('s', found({ a: 'digest-1x', b: 'digest-2x' }), 'hold');
  expect(told()).toEqual([
    'not as approved: a (digest-1); still served; see `tutti pins s`',
    'not as approved: b (digest-2); held back until approved; see `tutti pins s`',
  ]);
  expect(events.list()[0]).toMatchObject({ type: 'Warning', reason: 'MCPServerToolsChanged' });
});

test('a tool that is another one each time is told of now and then', () => {
  verifies('CAT-08');
  for (let round = 0; round < 100; round++) news.tell('s', found({ a: `digest ${round}` }), 'flag');
  expect(told()).toHaveLength(1);
  clock.advance(TELL_AGAIN_MS);
  news.tell('s', found({ a: 'digest 100' }), 'flag');
  expect(told()).toHaveLength(2);
});

test('what was told before a restart is not told again', () => {
  news.tell('s', found({ a: 'digest-1x' }), 'flag');
  const after = createPinNews({ events, clock });
  after.tell('s', found({ a: 'digest-1x' }), 'flag');
  expect(told()).toHaveLength(1);
  after.tell('s', found({ a: 'digest-1x', b: 'digest-2x' }), 'flag');
  expect(told()).toHaveLength(2);
});

test('tools that came and tools that went', () => {
  news.tell('s', { ...found({ n: 'digest-1x' }, 'new'), removed: ['gone'] }, 'flag');
  expect(events.list().map(({ type, message }) => `${type}: ${message}`)).toEqual([
    'Warning: new: n (digest-1); still served; see `tutti pins s`',
    'Normal: approved, but not shown any more: gone; a return is compared',
  ]);
});

test('a thousand tools make one short line, without control characters', () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`t\u202E${index}`, 'digest']));
  news.tell('s', found(many), 'flag');
  expect(told()).toHaveLength(1);
  expect(told()[0]).toMatch(/ and 990 more; still served/);
  expect(told()[0]).not.toContain('\u202E');
});
