// How agents and tasks read: states, notes, what happened.

import { styleText } from 'node:util';
import type {
  ApiAgent,
  ApiEvent,
  ApiFigures,
  ApiTask,
  ApiTaskWhy,
  TaskHappening,
  TaskStatus,
} from '@tutti/schemas';
import { fieldLines, MAX_TEXT_WIDTH, section } from './description.ts';
import { oneLine } from './printable.ts';
import { count, relativeTime } from './words.ts';

type Color = 'green' | 'yellow' | 'red' | 'gray';

const PHASE_COLORS: Readonly<Record<ApiAgent['phase'], Color>> = {
  Ready: 'green',
  NotReady: 'yellow',
  Unknown: 'red',
  Terminating: 'gray',
};

const STATUS_COLORS: Readonly<Record<TaskStatus, Color>> = {
  pending: 'gray',
  assigned: 'yellow',
  in_progress: 'yellow',
  waiting: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
};

export function styledPhase({ phase }: ApiAgent, stream: NodeJS.WritableStream): string {
  return styleText(PHASE_COLORS[phase], phase, { stream });
}

export function styledStatus(status: TaskStatus, stream: NodeJS.WritableStream): string {
  return styleText(STATUS_COLORS[status], status, { stream });
}

export function agentNote({ phase_reason: reason, error_info: error, current_task: task }: ApiAgent): string {
  return reason ?? error ?? task ?? '';
}

/** Why it stands where it stands. */
export function taskNote({ reason, message, error }: ApiTask): string {
  const words = message ?? error?.message ?? '';
  if (reason === undefined || reason === 'ready') return words;
  return words === '' ? reason : `${reason}: ${words}`;
}

export interface DescribedAgent {
  readonly agent: ApiAgent;
  readonly tasks: readonly ApiTask[];
  readonly events: readonly ApiEvent[];
}

export function agentLines({ agent, tasks, events }: DescribedAgent, nowMs: number): string[] {
  const { resources } = agent;
  return [
    ...fieldLines([
      ['Id', oneLine(agent.id, Infinity)],
      ['Name', oneLine(agent.name, Infinity)],
      ['Role', agent.role],
      ['Model', [agent.model_type, agent.model_version].filter((word) => word !== '').join(' ')],
      ['Capabilities', agent.capabilities.join(', ')],
      ['Tags', agent.tags.join(', ')],
      ['Domain', agent.domain],
      ['Group', agent.group],
      ['Owner', agent.owner],
      ['Phase', agent.phase],
      ['Reason', oneLine(agent.phase_reason ?? '', Infinity)],
      ['Says', agent.status],
      ['Works on', oneLine(agent.current_task ?? '', MAX_TEXT_WIDTH)],
      ['Progress', percent(agent.progress_metric)],
      ['Plan', oneLine(agent.current_plan_summary ?? '', MAX_TEXT_WIDTH)],
      ['Error', oneLine(agent.error_info ?? '', MAX_TEXT_WIDTH)],
      ['Tasks', `${agent.current_tasks} of ${agent.maxConcurrentTasks} at once`],
      ['Done', `${agent.completed} completed, ${agent.failed} failed`],
      [
        'Resources',
        Object.entries(resources)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join(', '),
      ],
      ['Registered', time(agent.registered_at, nowMs)],
      ['Last heard', `${time(agent.last_heartbeat, nowMs)}, every ${agent.heartbeatInterval} s expected`],
    ]),
    ...section('Shown', (agent.measured ?? []).map(figuresRow)),
    ...section(
      'Tasks',
      tasks.map((task) => [task.id, task.status, oneLine(task.description, MAX_TEXT_WIDTH)]),
    ),
    ...section(
      'Events',
      events.map(({ time: at, reason, message }) => [
        relativeTime(at, nowMs),
        reason,
        oneLine(message, MAX_TEXT_WIDTH),
      ]),
    ),
  ];
}

function figuresRow(figures: ApiFigures): string[] {
  const { domain, capabilities, tags, completed, failed, metered, tokens, money_micros: micros } = figures;
  const wanted = [...capabilities, ...tags.map((tag) => `#${tag}`)].join(', ');
  return [
    `${wanted === '' ? 'anything' : wanted} in ${domain}`,
    `${completed} of ${completed + failed} completed (${percent(figures.success_rate)})`,
    `${(figures.mean_duration_ms / 1_000).toFixed(1)} s each`,
    metered === 0 ? '' : `${tokens} tokens, ${(micros / 1_000_000).toFixed(2)} spent by ${metered} of them`,
  ];
}

export function taskLines(task: ApiTask, history: readonly TaskHappening[], nowMs: number): string[] {
  const { maxRetries, backoff } = task.retryPolicy;
  return [
    ...fieldLines([
      ['Id', oneLine(task.id, Infinity)],
      ['Description', oneLine(task.description, MAX_TEXT_WIDTH)],
      ['Status', task.status],
      ['Reason', task.reason],
      ['Message', oneLine(task.message ?? '', Infinity)],
      ['Error', task.error && oneLine(`${task.error.code}: ${task.error.message}`, Infinity)],
      [
        'Dead letter',
        task.dead_letter === true ? `yes; do it again with: tutti retry ${task.id}` : undefined,
      ],
      ['Domain', task.domain],
      ['Priority', String(task.priority)],
      ['Capabilities', task.required_capabilities.join(', ')],
      ['Tags', task.requiredTags.join(', ')],
      ['Preferred', task.preferredTags.join(', ')],
      ['Needs', task.depends_on.join(', ')],
      ['Parent', task.parent_task_id],
      ['Project', task.project_id],
      ['Run', task.workflow_id],
      ['Budget', task.budget && JSON.stringify(task.budget)],
      ['May write', task.write_set?.join(', ')],
      ['Agent', task.assigned_agent_id && `${task.assigned_agent_id} (claim ${task.claim})`],
      ['Progress', percent(task.progress)],
      ['Attempts', `${task.attempts} of ${maxRetries + 1}, ${backoff} backoff, ${task.timeout} s each`],
      ['Submitted', `${time(task.created_at, nowMs)} by ${task.created_by}`],
      ['Not before', time(task.not_before, nowMs)],
      ['Deadline', time(task.deadline, nowMs)],
      ['Assigned', time(task.assigned_at, nowMs)],
      ['Begun', time(task.started_at, nowMs)],
      ['Ended', time(task.ended_at, nowMs)],
      ['Payload', json(task.payload)],
      ['Partial', json(task.partial_result)],
      ['Result', json(task.result)],
    ]),
    ...section(
      'Missing proofs',
      (task.evidence?.missing ?? []).map(({ proof, kind, why, next }) => [
        proof,
        kind,
        oneLine(why, MAX_TEXT_WIDTH),
        oneLine(next, MAX_TEXT_WIDTH),
      ]),
    ),
    ...questionLines(task),
    ...section(
      `History (${count(history.length, 'entry').replace('entrys', 'entries')})`,
      history.map((one) => [
        relativeTime(one.at, nowMs),
        one.event,
        one.status,
        one.agent_id === undefined ? '' : `${one.agent_id} (claim ${one.claim})`,
        oneLine(detailOf(one), MAX_TEXT_WIDTH),
      ]),
    ),
  ];
}

function questionLines({ id, question }: ApiTask): string[] {
  if (question === undefined) return [];
  const { prompt, type, choices = [], default: fallback, due_at: due } = question;
  return section('Question', [
    ['Asks', oneLine(prompt, MAX_TEXT_WIDTH)],
    ['Type', type],
    ...(choices.length === 0 ? [] : [['Choices', choices.map((one) => oneLine(one, 40)).join(', ')]]),
    ...(fallback === undefined ? [] : [['Default', oneLine(JSON.stringify(fallback), MAX_TEXT_WIDTH)]]),
    ['Until', due],
    ['Answer', `tutti answer ${id} RESPONSE`],
  ]);
}

function detailOf({ detail = {} }: TaskHappening): string {
  const { message, ...rest } = detail;
  if (typeof message === 'string') return message;
  return Object.keys(rest).length === 0 ? '' : JSON.stringify(rest);
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : oneLine(JSON.stringify(value), MAX_TEXT_WIDTH);
}

function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${Math.round(share * 100)} %`;
}

function time(iso: string, nowMs: number): string;
function time(iso: string | undefined, nowMs: number): string | undefined;
function time(iso: string | undefined, nowMs: number): string | undefined {
  return iso === undefined ? undefined : `${iso} (${relativeTime(iso, nowMs)})`;
}

/** Why a task stands where it stands: the sentence, what would move it, who has it, and how earlier attempts ended. */
export function whyLines({ summary, next, assignment, attempts }: ApiTaskWhy): string[] {
  const chosen =
    assignment === undefined
      ? []
      : [
          `Given to ${assignment.agent_id} (claim ${assignment.claim})${
            assignment.among === undefined ? '' : `, the best of ${assignment.among} that suited`
          }.`,
        ];
  const ends = attempts.map(
    ({ claim, agent_id: agent, ended_by: how, message }) =>
      `Claim ${claim} of ${agent ?? 'an agent'} ended by ${how}${message === undefined ? '' : `: ${oneLine(message, MAX_TEXT_WIDTH)}`}.`,
  );
  return [
    oneLine(summary, MAX_TEXT_WIDTH),
    ...next.map((step) => `Next: ${oneLine(step, MAX_TEXT_WIDTH)}`),
    ...chosen,
    ...ends,
  ];
}
