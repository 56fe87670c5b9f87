import { expect, test } from 'vitest';
import {
  createEventLog,
  MAX_EVENT_MESSAGE_CHARS,
  MAX_EVENTS,
  type ResourceEvent,
} from '../../../src/resources/events/event-log.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

test('the last events are kept, oldest first', () => {
  const clock = createManualClock(1_000);
  const log = createEventLog({ clock });
  for (let index = 0; index < 3 * MAX_EVENTS; index++) {
    log.add('git', 'MCPServerStarted', `${index}`);
    clock.advance(1);
  }
  const events = log.list();
  expect(events).toHaveLength(MAX_EVENTS);
  expect(events[0]).toEqual({
    atMs: 1_000 + 2 * MAX_EVENTS,
    type: 'Normal',
    kind: 'MCPServer',
    name: 'git',
    reason: 'MCPServerStarted',
    message: `${2 * MAX_EVENTS}`,
  });
});

test('followers hear of each event until they stop', () => {
  const log = createEventLog({ clock: createManualClock() });
  const heard: ResourceEvent[] = [];
  const following = log.subscribe((event) => heard.push(event));
  log.add('git', 'MCPServerFailed', 'x'.repeat(10_000));
  following[Symbol.dispose]();
  log.add('git', 'MCPServerStarted', 'not heard');
  expect(heard.map(({ type, reason }) => [type, reason])).toEqual([['Warning', 'MCPServerFailed']]);
  expect(heard[0]?.message).toHaveLength(MAX_EVENT_MESSAGE_CHARS);
});
