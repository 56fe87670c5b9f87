import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  declaresTasks,
  offersTasks,
  withoutTasksExtension,
  withTasksExtension,
} from '../../../src/gateway/tasks/capability.ts';
import type { Handshake } from '../../../src/snapshot/types.ts';

const TASKS = '"io.modelcontextprotocol/tasks":{}';

test.each([
  ['{}', `{"extensions":{${TASKS}}}`],
  ['{"x":{"n":1e400}}', `{"extensions":{${TASKS}},"x":{"n":1e400}}`],
  ['{"extensions":{"a":1.0}}', `{"extensions":{${TASKS},"a":1.0}}`],
  ['{"extensions":{}}', `{"extensions":{${TASKS}}}`],
  [`{"extensions":{${TASKS},"a":{}}}`, `{"extensions":{${TASKS},"a":{}}}`],
  ['{"extensions":7}', `{"extensions":{${TASKS}}}`],
  ['7', `{"extensions":{${TASKS}}}`],
])('%s, declaring tasks', (before, after) => {
  verifies('GW-04', 'GW-05');
  expect(withTasksExtension(before)).toBe(after);
  expect(declaresTasks(after)).toBe(true);
  expect(declaresTasks(withoutTasksExtension(after))).toBe(false);
});

test('what is not the declaration stays', () => {
  verifies('GW-04');
  for (const text of ['{"extensions":{"a":1.0}}', `{${TASKS}}`, `{"x":[{"extensions":{${TASKS}}}]}`]) {
    expect(withoutTasksExtension(text)).toBe(text);
    expect(declaresTasks(text)).toBe(false);
  }
});

test('who offers tasks', () => {
  verifies('GW-05');
  const offers = (era: Handshake['era'], capabilities: string): boolean =>
    offersTasks({
      era,
      protocolVersion: '',
      capabilities: Buffer.from(capabilities),
      serverInfo: undefined,
      instructions: undefined,
    });
  expect(offers('modern', `{"extensions":{${TASKS}}}`)).toBe(true);
  expect(offers('legacy', `{"extensions":{${TASKS}}}`)).toBe(false);
  expect(offers('legacy', '{"tasks":{"requests":{"tools":{"call":{}}}}}')).toBe(true);
  expect(offers('legacy', '{"tasks":{"list":{}}}')).toBe(false);
  expect(offers('modern', '{"tasks":{"requests":{"tools":{"call":{}}}}}')).toBe(false);
  expect(offers('modern', 'not json')).toBe(false);
});
