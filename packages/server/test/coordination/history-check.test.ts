import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { contradictions, type End, type Operation, type ReportName } from './replicas/history.ts';
import { newTaskRow } from './support/task-row.ts';

const ROW = newTaskRow({
  id: 'task',
  ready: 0,
  status: 'completed',
  reason: null,
  description: 'key',
  agent_id: 'bob',
  claim: 2,
  attempts: 2,
  assigned_ms: 3,
  ended_ms: 4,
  version: 5,
});

/** Ada's claim ended, and Bob completed it. */
const END: End = {
  tasks: [ROW],
  history: [
    ['submit', 'pending', null, 0],
    ['assign', 'assigned', 'ada', 1],
    ['expire', 'pending', 'ada', 1],
    ['assign', 'assigned', 'bob', 2],
    ['complete', 'completed', 'bob', 2],
  ].map(([event, status, agent_id, claim], index) => ({
    task_id: 'task',
    version: index + 1,
    at_ms: index,
    event: String(event),
    status: String(status),
    agent_id: agent_id === null ? null : String(agent_id),
    claim: Number(claim),
    detail: '{}',
  })),
  results: new Map([['task', '{"agent":"bob","claim":2}']]),
};

const handout = (agent: string, claim: number, askedMs: number, toldMs: number): Operation => ({
  op: 'handout',
  outcome: 'done',
  task: 'task',
  agent,
  claim,
  askedMs,
  toldMs,
});
const report = (
  op: ReportName,
  outcome: 'done' | 'refused' | 'unknown',
  [agent, claim]: readonly [string, number],
  [askedMs, toldMs]: readonly [number, number],
): Operation => ({ op, outcome, task: 'task', agent, claim, askedMs, toldMs });

const RIGHT: readonly Operation[] = [
  { op: 'submit', key: 'key', outcome: 'unknown', askedMs: 0, toldMs: 1 },
  { op: 'submit', key: 'key', outcome: 'done', task: 'task', askedMs: 1, toldMs: 2 },
  handout('ada', 1, 3, 4),
  handout('bob', 2, 5, 8),
  // Bob's claim was in force already, and Bob not told of it.
  report('start', 'done', ['ada', 1], [6, 7]),
  report('complete', 'unknown', ['bob', 2], [9, 10]),
  report('complete', 'done', ['bob', 2], [11, 12]),
  report('complete', 'refused', ['ada', 1], [11, 13]),
];

test('a history that can be is none that contradicts', () => {
  verifies('TSK-04');
  expect(contradictions(RIGHT, END)).toEqual([]);
});

test.for<readonly [string, Operation | End]>([
  ['taken after 2 had been handed out', report('start', 'done', ['ada', 1], [9, 10])],
  ['was told that it is completed with 1', report('complete', 'done', ['ada', 1], [5, 6])],
  ['after it was completed', handout('bob', 2, 13, 14)],
  ['which it never got', handout('cyd', 2, 6, 7)],
  [
    'and the claim never ended',
    { ...END, history: END.history.filter(({ version }) => version !== 3 && version !== 5) },
  ],
  ['there is task', { op: 'submit', key: 'key', outcome: 'done', task: 'another', askedMs: 0, toldMs: 1 }],
  ['there is undefined', { op: 'submit', key: 'lost', outcome: 'done', task: 'lost', askedMs: 0, toldMs: 1 }],
  ['became 2 tasks', { ...END, tasks: [ROW, { ...ROW, id: 'twin' }] }],
  ['do not grow by one', { ...END, history: END.history.filter(({ version }) => version !== 2) }],
  ['was not completed once', { ...END, history: END.history.slice(0, -1) }],
  ['task is pending', { ...END, tasks: [{ ...ROW, status: 'pending' }] }],
  ['has the result', { ...END, results: new Map() }],
])('one that can not is found: %s', ([words, wrong]) => {
  verifies('TSK-04');
  const found = 'tasks' in wrong ? contradictions(RIGHT, wrong) : contradictions([...RIGHT, wrong], END);
  expect(found.join('\n')).toContain(words);
});
