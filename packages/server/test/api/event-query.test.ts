import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import {
  DEFAULT_EVENT_LIMIT,
  EventQuerySchema,
  MAX_EVENT_LIMIT,
  readEventQuery,
} from '../../src/api/event-query.ts';
import { readQuery } from '../../src/api/read-query.ts';

const NOW = Date.parse('2026-02-01T00:00:00Z');
const read = (query: Readonly<Record<string, readonly string[]>>) =>
  readEventQuery(readQuery(query, EventQuerySchema), NOW);

test('filters are read, times as moments or as how long ago', () => {
  verifies('OPS-10');
  expect(read({})).toEqual({ reasons: [], limit: DEFAULT_EVENT_LIMIT });
  const query = {
    name: ['a'],
    reason: ['MCPServerFailed,MCPServerStarted', 'MCPServerStopped'],
    type: ['warning'],
    since: ['2h'],
    until: ['2026-01-31T23:30:00Z'],
    limit: ['999999'],
  };
  expect(read(query)).toEqual({
    name: 'a',
    reasons: ['MCPServerFailed', 'MCPServerStarted', 'MCPServerStopped'],
    type: 'Warning',
    sinceMs: NOW - 2 * 3_600_000,
    untilMs: NOW - 30 * 60_000,
    limit: MAX_EVENT_LIMIT,
  });
});

test.each([
  [{ type: ['bad'] }, '"type" must be'],
  [{ since: ['yesterday'] }, '"since" must be a time'],
  [{ until: ['2026-99-99'] }, '"until" must be a time'],
  [{ limit: ['0'] }, '"limit" is not as it should be: must be'],
  [{ limit: ['x'] }, '"limit" is not as it should be: must be'],
])('%j is refused', (query, message) => {
  expect(() => read(query)).toThrow(message);
});
