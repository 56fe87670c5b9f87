import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { driftOf } from '../../../src/app/plan/drift.ts';
import { createResourceStore } from '../../../src/resources/store.ts';
import { aServer } from '../../api/fake-api.ts';
import { changesOf, document } from './plan-world.ts';

test('a command that stands against a declaration, and a server that a command started', () => {
  verifies('SRC-10');
  const store = createResourceStore();
  const declared = (name: string, spec: object): string =>
    document('MCPServer', name, { command: 'x', ...spec });
  store.apply(changesOf({ 'a.json': declared('a', {}), 'b.json': declared('b', { autoStart: false }) }));
  const servers = [aServer('a', { state: 'Suspended' }), aServer('b')];
  expect(driftOf({ store, servers: [aServer('a')], sources: [] })).toEqual([]);
  const sinceMs = Date.UTC(2026, 10, 20);
  store.setSuspensions(
    new Map([
      ['a', { suspended: true, declared: false, origin: 'file', place: 'override', by: 'anna', sinceMs }],
    ]),
  );
  expect(driftOf({ store, servers, sources: [] }).map(({ name, message }) => `${name} ${message}`)).toEqual([
    'a is suspended by anna since 2026-11-20T00:00:00.000Z, and its declaration says that it is not',
    'b runs, although it does not start by itself (`autoStart: false`): a command started it',
  ]);
});
