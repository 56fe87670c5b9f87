// What other systems call the states of a task. A2A 1.0: https://a2a-protocol.org/v1.0.0/specification/ (TaskState). MCP:
// the tasks extension (SEP-2663) and the tasks of 2025-11-25 share their words. conductor: the phase of a Task.

import { z } from 'zod';

export const A2A_TASK_STATES = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
] as const;
export const MCP_TASK_STATES = ['working', 'input_required', 'completed', 'failed', 'cancelled'] as const;
export const CONDUCTOR_PHASES = [
  'Pending',
  'Assigned',
  'Running',
  'WaitingForElicitation',
  'Completed',
  'Failed',
  'Cancelled',
] as const;

export const TaskStatesSchema = z.object({
  a2a: z.enum(A2A_TASK_STATES),
  mcp: z.enum(MCP_TASK_STATES),
  conductor: z.enum(CONDUCTOR_PHASES),
});

export type TaskStates = z.infer<typeof TaskStatesSchema>;
