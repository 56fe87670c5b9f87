import { TaskState } from '@a2a-js/sdk';
import {
  A2A_TASK_STATES,
  CONDUCTOR_PHASES,
  MCP_TASK_STATES,
  TASK_REASONS,
  TASK_STATUSES,
} from '@tutti/schemas';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { projectTask, statusesOf } from '../../../src/coordination/projections/task-states.ts';

const SYSTEMS = [
  ['a2a', A2A_TASK_STATES],
  ['mcp', MCP_TASK_STATES],
  ['conductor', CONDUCTOR_PHASES],
] as const;

const all = TASK_STATUSES.flatMap((status) =>
  [undefined, ...TASK_REASONS].map((reason) => ({ status, reason })),
);

test.each(SYSTEMS)('every status is one state of %s, and every state is used', (system, states) => {
  verifies('TSK-02');
  const found = all.map(({ status, reason }) => projectTask(status, reason)[system]);
  expect(new Set(found)).toEqual(new Set<string>(states));
  for (const state of states)
    for (const { status, reason } of statusesOf(system, state))
      expect(projectTask(status, reason)[system]).toBe(state);
  // No status is of two states unless its reason tells them apart.
  for (const status of TASK_STATUSES)
    expect(
      states.filter((state) =>
        statusesOf(system, state).some((one) => one.status === status && one.reason === undefined),
      ),
    ).toHaveLength(1);
});

test('an end is an end everywhere, and nothing else is', () => {
  verifies('TSK-02');
  const ends = {
    a2a: ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_CANCELED'],
    mcp: ['completed', 'failed', 'cancelled'],
    conductor: ['Completed', 'Failed', 'Cancelled'],
  };
  for (const { status, reason } of all) {
    const isEnd = ['completed', 'failed', 'cancelled'].includes(status);
    const { a2a, mcp, conductor } = projectTask(status, reason);
    expect([ends.a2a.includes(a2a), ends.mcp.includes(mcp), ends.conductor.includes(conductor)]).toEqual([
      isEnd,
      isEnd,
      isEnd,
    ]);
  }
});

test('only a question waits for whoever asks', () => {
  verifies('TSK-02');
  expect(projectTask('waiting', 'input')).toEqual({
    a2a: 'TASK_STATE_INPUT_REQUIRED',
    mcp: 'input_required',
    conductor: 'WaitingForElicitation',
  });
  expect(projectTask('waiting', 'approval')).toMatchObject({ a2a: 'TASK_STATE_WORKING', mcp: 'working' });
  expect(projectTask('pending', 'input')).toMatchObject({ mcp: 'working', conductor: 'Pending' });
});

test('the states of A2A are those of its SDK', () => {
  verifies('TSK-02');
  for (const state of A2A_TASK_STATES) expect(Object.keys(TaskState)).toContain(state);
});
