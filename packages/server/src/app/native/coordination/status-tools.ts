// What agents say of themselves.

import { AgentHeartbeatSchema, AgentReportSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { agentId, once } from './arguments.ts';
import { AgentStateSchema, agentText } from './shown.ts';
import { reportOf, StatusWordSchema } from './status-words.ts';

const { error_info, current_plan_summary, current_task, progress_metric } = AgentReportSchema.shape;
const status = StatusWordSchema.describe(
  'In error and offline you get no work. online is available, busy is working, blocked is working with an error_info.',
);
const output = z.object({ agent: AgentStateSchema, ...noticed });

export function statusTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'set_agent_status',
      title: 'Set your status',
      description: 'Says how you are.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({ agent_id: agentId, status, error_info, current_plan_summary, ...once }),
      output,
      call: async ({ agent_id: id, status: word, error_info: info, current_plan_summary: plan }, call) => ({
        agent: await call.agents.report(
          id,
          reportOf(word, { error_info: info, current_plan_summary: plan }),
          call.caller,
          call.once,
        ),
      }),
      text: ({ agent }) => agentText(agent),
    }),
    agentTool(running, {
      name: 'report_status',
      title: 'Report what you do',
      description: 'Says how you are, what you work on, and how far you are.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        status,
        current_task: current_task.describe('In your own words.'),
        progress_metric: progress_metric.describe('From 0 to 1.'),
        error_info,
        current_plan_summary,
        ...once,
      }),
      output,
      call: async ({ agent_id: id, status: word, idempotency_key: _key, ...report }, call) => ({
        agent: await call.agents.report(id, reportOf(word, report), call.caller, call.once),
      }),
      text: ({ agent }) => agentText(agent),
    }),
    agentTool(running, {
      name: 'heartbeat',
      title: 'Sign of life',
      description:
        'Says that you are alive, and tells what you must know. Every other call of yours does that too.',
      effect: 'changes',
      isRepeatable: true,
      isHeldBack: false,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        holding: AgentHeartbeatSchema.shape.holding.describe(
          'Tasks that you have: they stay offered to you until you begin, and you hear which of them you lost.',
        ),
        ...once,
      }),
      output: z.object({ agent_id: z.string(), ...noticed }),
      holding: ({ holding }) => holding,
      call: ({ agent_id: id }) => Promise.resolve({ agent_id: id }),
      text: ({ agent_id: id }) => `${id} is alive.`,
    }),
  ];
}
