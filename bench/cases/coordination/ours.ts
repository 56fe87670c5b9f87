// What claims and completions take, one after the other and many at once, and how long a task waits for an agent that
// wants one.

import { setTimeout as sleep } from 'node:timers/promises';
import { type LatencySummary, summarize } from '../../load/latencies.ts';
import type { Contender } from './contender.ts';
import { BENCH, type World } from './world.ts';

const SINGLE_CLAIMS = 500;
const SUBMITS = 500;
const SUBMIT_EVERY_MS = 10;
const SUBMITTERS = 16;
const SETTLE_MS = 2_000;

const never = new AbortController().signal;

export interface SingleResult {
  readonly claim: LatencySummary;
  readonly complete: LatencySummary;
}

/** One caller, nothing else asked for, while all agents send heartbeats. */
export async function measureSingle(world: World): Promise<SingleResult> {
  using _beating = world.beat();
  const claims: number[] = [];
  const completions: number[] = [];
  for (let n = 0; n < SINGLE_CLAIMS; n++) await cycle(world, agentAt(world, n * 7), claims, completions);
  return { claim: summarize(claims), complete: summarize(completions) };
}

export interface Own extends Contender {
  /** The claims of all rounds. */
  readonly claims: readonly number[];
}

/** Claims and completions, each task once, while all agents send heartbeats. */
export function own(world: World, callers: number): Own {
  const claims: number[] = [];
  return {
    claims,
    async perSecond(seconds) {
      using _beating = world.beat();
      const endAt = performance.now() + seconds * 1_000;
      const counts = await Promise.all(
        Array.from({ length: callers }, async (_, n) => {
          let done = 0;
          for (; performance.now() < endAt; done++) await cycle(world, agentAt(world, n), claims, []);
          return done;
        }),
      );
      return counts.reduce((sum, one) => sum + one, 0) / seconds;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function agentAt({ agents }: World, n: number): string {
  return agents[n % agents.length] ?? '';
}

async function cycle(world: World, agentId: string, claims: number[], completions: number[]): Promise<void> {
  const { agents, tasks } = world.coordination;
  const askedAt = performance.now();
  const handout = await agents.next(agentId, 1_000, BENCH, never);
  claims.push(performance.now() - askedAt);
  if (handout === undefined) throw new Error('there were not enough open tasks');
  const { task, claim } = handout;
  const doneAt = performance.now();
  await tasks.complete({ taskId: task.id, agentId, claim, result: { rows: 1 } }, BENCH);
  completions.push(performance.now() - doneAt);
}

export interface AssignedResult {
  readonly waiting: number;
  /** A task now and then. */
  readonly idle: LatencySummary;
  /** Sixteen submit one task after the other. */
  readonly loaded: LatencySummary;
  readonly submitsPerSecond: number;
}

/** From handing a task in until an agent whose watch is open is told of it. */
export async function measureAssigned(world: World, waiting: number): Promise<AssignedResult> {
  const kind = `waited-for-${waiting}`;
  const { agents, tasks } = world.coordination;
  const ids = await world.addAgents(waiting, `waiting-${waiting}`, kind);
  using _beating = world.beat();
  const submittedAt = new Map<string, number>();
  let latencies: number[] = [];
  const watches = ids.map((agentId) =>
    agents.watch(agentId, 1, BENCH, {
      task({ task, claim }) {
        latencies.push(performance.now() - (submittedAt.get(task.id) ?? Number.NaN));
        void tasks.complete({ taskId: task.id, agentId, claim }, BENCH);
      },
      lost: () => undefined,
      failed(error) {
        throw error;
      },
    }),
  );
  await sleep(SETTLE_MS);
  const submit = async (id: string): Promise<void> => {
    submittedAt.set(id, performance.now());
    await world.submit(kind, id);
  };
  for (let n = 0; n < SUBMITS; n++) {
    await submit(`${kind}-idle-${n}`);
    await sleep(SUBMIT_EVERY_MS);
  }
  await sleep(SETTLE_MS);
  const idle = summarize(latencies);
  latencies = [];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: SUBMITTERS }, async (_, submitter) => {
      for (let n = 0; n < SUBMITS / 4; n++) await submit(`${kind}-loaded-${submitter}-${n}`);
    }),
  );
  const submitsPerSecond = (SUBMITTERS * (SUBMITS / 4) * 1_000) / (performance.now() - startedAt);
  await sleep(SETTLE_MS);
  const loaded = summarize(latencies);
  for (const watch of watches) watch[Symbol.dispose]();
  return { waiting, idle, loaded, submitsPerSecond };
}
