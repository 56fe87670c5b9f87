// What is going on when coordination is crashed: each does one thing after the other, and says what it asks for and what
// it was told.

import {
  AgentRegistrationSchema,
  type Handout,
  TaskQuestionSchema,
  TaskSubmissionSchema,
} from '@tutti/schemas';
import type { z } from 'zod';
import type { Coordination } from '../../../src/coordination/coordination.ts';
import type { ManualClock } from '../../kernel/manual-clock.ts';
import { LOCAL } from '../support/open-on.ts';
import type { ScenarioName } from './points.ts';

/** Heard of for the whole of a test. */
export const STEADY = { id: 'ada', heartbeatInterval: 3_600 };
const SILENT = { id: 'sid', heartbeatInterval: 1 };
const SILENCE_MS = 4_000;

/** What was asked for and what was told, in order, as it is written for the test to read. */
export type Line =
  | { readonly asks: 'submit'; readonly key: string; readonly task: Submission }
  | { readonly asks: 'complete'; readonly report: ReportOf }
  | { readonly asks: 'leave'; readonly agent: string }
  /** Of a task: what happened to it. */
  | { readonly told: 'task'; readonly id: string; readonly event: string; readonly key?: string }
  | { readonly told: 'registered' | 'gone'; readonly agent: string };

export type Submission = Partial<z.input<typeof TaskSubmissionSchema>>;

export interface ReportOf {
  readonly taskId: string;
  readonly agentId: string;
  readonly claim: number;
}

export interface World {
  readonly coordination: Coordination;
  readonly clock: ManualClock;
  readonly say: (line: Line) => void;
  /** So far. */
  readonly committed: readonly string[];
}

/** The same key again gets the first answer. */
export function onceOf(key: string): { principal: string; key: string; digest: string } {
  return { principal: LOCAL.id, key, digest: key };
}

export const SCENARIOS: Readonly<Record<ScenarioName, (world: World) => Promise<void>>> = {
  async 'a task is done'(world) {
    await register(world, STEADY);
    await submit(world, 'one');
    const report = await take(world, STEADY.id);
    await start(world, report);
    await world.coordination.tasks.progress({ ...report, progress: 0.5, partialResult: 1 }, LOCAL);
    world.say({ told: 'task', id: report.taskId, event: 'progress' });
    await complete(world, report);
  },
  async 'a task needs another'(world) {
    await register(world, STEADY);
    const first = await submit(world, 'first');
    const second = await submit(world, 'second', { depends_on: [first] });
    await complete(world, await take(world, STEADY.id));
    await until(world, async () => (await world.coordination.tasks.get(second)).reason === 'ready');
  },
  async 'an attempt fails and is tried again'(world) {
    await register(world, STEADY);
    const id = await submit(world, 'failing');
    const report = await take(world, STEADY.id);
    await world.coordination.tasks.fail({ ...report, error: 'no', retryable: true }, LOCAL);
    world.say({ told: 'task', id, event: 'fail' });
    await until(world, async () => (await world.coordination.tasks.get(id)).reason === 'ready');
    const again = await take(world, STEADY.id);
    await world.coordination.tasks.release({ ...again, reason: 'later', partialResult: 1 }, LOCAL);
    world.say({ told: 'task', id, event: 'release' });
  },
  async 'a person is asked'(world) {
    await register(world, STEADY);
    const id = await submit(world, 'asking');
    const report = await take(world, STEADY.id);
    const question = TaskQuestionSchema.parse({
      agent_id: report.agentId,
      claim: report.claim,
      prompt: 'Which?',
    });
    await world.coordination.tasks.ask({ ...report, question }, LOCAL);
    world.say({ told: 'task', id, event: 'ask' });
    await world.coordination.tasks.answer(
      id,
      { response: 'this', cancelled: false },
      LOCAL,
      onceOf('answer'),
    );
    world.say({ told: 'task', id, event: 'answer' });
  },
  async 'an agent leaves'(world) {
    await register(world, SILENT);
    for (const key of ['begun', 'not begun']) await submit(world, key);
    const report = await take(world, SILENT.id);
    await take(world, SILENT.id);
    await start(world, report);
    world.say({ asks: 'leave', agent: SILENT.id });
    await world.coordination.agents.deregister(SILENT.id, LOCAL);
    world.say({ told: 'gone', agent: SILENT.id });
  },
  async 'an agent falls silent and is heard again'(world) {
    await register(world, SILENT);
    const id = await submit(world, 'lost');
    await start(world, await take(world, SILENT.id));
    world.clock.advance(SILENCE_MS);
    await until(world, async () => (await world.coordination.tasks.get(id)).status === 'pending');
    await world.coordination.agents.alive(SILENT.id, LOCAL);
    await until(world, () => world.coordination.agents.get(SILENT.id).phase === 'Ready');
  },
  async 'people change their minds'(world) {
    const first = await submit(world, 'wanted');
    const second = await submit(world, 'needing', { depends_on: [first] });
    await world.coordination.tasks.cancel(first, 'not wanted', LOCAL, onceOf('cancel'));
    world.say({ told: 'task', id: first, event: 'cancel' });
    await until(world, async () => (await world.coordination.tasks.get(second)).status === 'failed');
    await world.coordination.tasks.retry(first, LOCAL, onceOf('retry'));
    world.say({ told: 'task', id: first, event: 'retry' });
  },
  async 'nobody could ever do it'(world) {
    await register(world, STEADY);
    const impossible: Submission = { required_capabilities: ['flying'], on_unsatisfiable: 'fail' };
    await submit(world, 'impossible', impossible);
  },
  async 'an agent says how it is'(world) {
    const { agents } = world.coordination;
    await register(world, STEADY);
    await agents.report(STEADY.id, { status: 'working', progress_metric: 0.5 }, LOCAL);
    await agents.command(STEADY.id, 'hold', LOCAL);
    await agents.command(STEADY.id, 'resume', LOCAL);
    world.clock.advance(SILENCE_MS);
    await agents.alive(STEADY.id, LOCAL);
    await until(world, () => world.committed.includes('beats 1'));
  },
};

async function register({ coordination, say }: World, agent: typeof STEADY): Promise<void> {
  await coordination.agents.register(AgentRegistrationSchema.parse(agent), LOCAL);
  say({ told: 'registered', agent: agent.id });
}

async function submit({ coordination, say }: World, key: string, more: Submission = {}): Promise<string> {
  const task = { description: key, payload: { of: key }, ...more };
  say({ asks: 'submit', key, task });
  const { id } = await coordination.tasks.submit(TaskSubmissionSchema.parse(task), LOCAL, onceOf(key));
  say({ told: 'task', id, event: 'submit', key });
  return id;
}

async function take({ coordination, say }: World, agentId: string): Promise<ReportOf> {
  const { signal } = new AbortController();
  const handout: Handout | undefined = await coordination.agents.next(agentId, 30_000, LOCAL, signal);
  if (handout === undefined) throw new Error(`there is nothing for ${agentId}`);
  say({ told: 'task', id: handout.task.id, event: 'assign' });
  return { taskId: handout.task.id, agentId, claim: handout.claim };
}

async function start({ coordination, say }: World, report: ReportOf): Promise<void> {
  await coordination.tasks.start(report, LOCAL);
  say({ told: 'task', id: report.taskId, event: 'start' });
}

export async function complete({ coordination, say }: World, report: ReportOf): Promise<void> {
  say({ asks: 'complete', report });
  await repeatComplete(coordination, report);
  say({ told: 'task', id: report.taskId, event: 'complete' });
}

export async function repeatComplete({ tasks }: Coordination, report: ReportOf): Promise<void> {
  const { taskId, claim } = report;
  const done = await tasks.complete({ ...report, result: claim, once: onceOf(`${taskId} ${claim}`) }, LOCAL);
  if (done.status !== 'completed') throw new Error(`${taskId} is ${done.status}`);
}

/** Time goes by until it holds. */
export async function until(
  { clock }: Pick<World, 'clock'>,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let looks = 0; !(await holds()); looks++) {
    if (looks === MAX_LOOKS)
      throw new Error(`it did not hold within ${MAX_LOOKS} looks: ${holds.toString()}`);
    clock.advance(50);
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
}

const MAX_LOOKS = 5_000;
