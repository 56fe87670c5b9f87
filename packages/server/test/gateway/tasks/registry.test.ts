import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Ask } from '../../../src/gateway/exchange.ts';
import type { Caller } from '../../../src/gateway/caller.ts';
import { createTaskHandles, type TaskRef } from '../../../src/gateway/tasks/handles.ts';
import type { TaskClient } from '../../../src/gateway/tasks/known-task.ts';
import {
  MAX_TASK_MEMORY_MS,
  MAX_TASKS,
  MAX_TASKS_PER_PRINCIPAL,
  TaskRegistry,
} from '../../../src/gateway/tasks/registry.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';

const ASK_TIMEOUT_MS = 300_000;

function setUp() {
  const clock = createManualClock();
  const limits: string[] = [];
  const forgotten: string[] = [];
  const registry = new TaskRegistry({
    clock,
    handles: createTaskHandles(randomBytes(32)),
    askTimeoutMs: ASK_TIMEOUT_MS,
    limitReached: (limit) => limits.push(limit),
    forgotten: ({ ref }) => forgotten.push(ref.id),
  });
  return { clock, limits, forgotten, registry };
}

function ref(id: string, server = 's'): TaskRef {
  return { server, home: '', id: JSON.stringify(id) };
}

function client(principal: string, era: Caller['era'] = 'legacy'): TaskClient {
  const caller: Caller = {
    principal,
    era,
    sessionKey: undefined,
    protocolVersion: '2025-11-25',
    capabilities: '{}',
    clientInfo: undefined,
    logLevel: undefined,
    paramHeaders: undefined,
  };
  return { caller, standing: undefined };
}

test('a principal sees its own tasks, oldest first, of one server or of all', () => {
  verifies('GW-05');
  const { registry } = setUp();
  registry.see(ref('1'), client('a'));
  registry.see(ref('2', 'other'), client('a'));
  registry.see(ref('3'), client('b'));
  registry.see(ref('1'), client('a'));
  const ids = (principal: string, server?: string): string[] =>
    registry.of(principal, server).map((task) => task.ref.id);
  expect(ids('a')).toEqual(['"1"', '"2"']);
  expect(ids('a', 's')).toEqual(['"1"']);
  expect(ids('b')).toEqual(['"3"']);
  expect(ids('c')).toEqual([]);
});

test('a task is forgotten when its lifetime is over, and never kept for ever', () => {
  verifies('GW-05');
  const { registry, clock, forgotten } = setUp();
  registry.see(ref('short'), client('a'), 120_000);
  registry.see(ref('long'), client('a'), Infinity);
  clock.advance(119_000);
  expect(registry.size).toBe(2);
  clock.advance(121_000);
  expect(forgotten).toEqual(['"short"']);
  expect(registry.of('a', undefined).map((task) => task.ref.id)).toEqual(['"long"']);
  clock.advance(MAX_TASK_MEMORY_MS);
  expect(registry.size).toBe(0);
});

test('one principal cannot make the tasks of others be forgotten', () => {
  verifies('GW-05');
  const { registry, limits } = setUp();
  registry.see(ref('mine'), client('a'), Infinity);
  for (let n = 0; n <= MAX_TASKS_PER_PRINCIPAL; n++) registry.see(ref(`b${n}`), client('b'), Infinity);
  expect(registry.size).toBe(MAX_TASKS_PER_PRINCIPAL + 1);
  expect(registry.get(ref('mine'))).toBeDefined();
  expect(registry.get(ref('b0'))).toBeUndefined();
  expect(registry.get(ref('b1'))).toBeDefined();
  expect(limits).toEqual(['tasks of one principal']);
});

test('all tasks together are bounded, and the one seen longest ago goes first', () => {
  verifies('GW-05');
  const { registry, limits } = setUp();
  for (let n = 0; n < MAX_TASKS; n++) registry.see(ref(String(n)), client(`p${n % 20}`), Infinity);
  registry.see(ref('0'), client('p0'), Infinity);
  registry.see(ref('one more'), client('new'), Infinity);
  expect(registry.size).toBe(MAX_TASKS);
  expect(registry.get(ref('0'))).toBeDefined();
  expect(registry.get(ref('1'))).toBeUndefined();
  expect(limits).toEqual(['tasks']);
});

function ask(settled: string[]): Ask {
  return {
    method: 'elicitation/create',
    params: Buffer.from('{"message":"?"}'),
    progressToken: undefined,
    onWithdrawn: undefined,
    settle: ({ kind, json }) => settled.push(`${kind} ${json.toString()}`),
    progress() {},
  };
}

test('a question that nobody answers is given up', () => {
  verifies('GW-05');
  const { registry, clock } = setUp();
  const task = registry.see(ref('1'), client('a', 'modern'));
  const settled: string[] = [];
  task.channel.ask(ask(settled));
  expect(task.inputRequests().size).toBe(1);
  clock.advance(ASK_TIMEOUT_MS);
  expect(task.inputRequests().size).toBe(0);
  expect(settled).toHaveLength(1);
  expect(settled[0]).toMatch(/^error .*Nobody answered/);
});

test('questions of one task are bounded', () => {
  verifies('GW-05');
  const { registry } = setUp();
  const task = registry.see(ref('1'), client('a', 'modern'));
  const settled: string[] = [];
  for (let n = 0; n < 65; n++) task.channel.ask(ask(settled));
  expect(task.inputRequests().size).toBe(64);
  expect(settled).toHaveLength(1);
  expect(settled[0]).toMatch(/^error .*too many open questions/);
});

test('a question that the server takes back is gone, and its key is not used again', () => {
  verifies('GW-05');
  const { registry } = setUp();
  const task = registry.see(ref('1'), client('a', 'modern'));
  const settled: string[] = [];
  const question = ask(settled);
  task.channel.ask(question);
  const [first] = task.inputRequests().keys();
  question.onWithdrawn?.();
  expect(task.inputRequests().size).toBe(0);
  task.channel.ask(ask(settled));
  const [second] = task.inputRequests().keys();
  expect(second).not.toBe(first);
  task.answer(first ?? '', Buffer.from('{"action":"accept"}'));
  expect(settled).toEqual([]);
  task.answer(second ?? '', Buffer.from('{"action":"accept"}'));
  expect(settled).toEqual([
    'result {"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"1"}},"action":"accept"}',
  ]);
});

test('a legacy client without any stream cannot be asked', () => {
  verifies('GW-05');
  const { registry } = setUp();
  const settled: string[] = [];
  registry.see(ref('1'), client('a')).channel.ask(ask(settled));
  expect(settled[0]).toMatch(/^error .*The client is gone/);
});
