// A worker that asks any of several hosts for work, does it, and reports to any of them, writing down what happened.

import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ask, type Ports } from './client.ts';
import { type Claimed, nowMs, type Operation, type ReportName } from './history.ts';

export interface WorkerOptions {
  readonly id: string;
  readonly ports: Ports;
  readonly chance: () => number;
  readonly record: (operation: Operation) => void;
  /** How long a task takes. */
  readonly workMs: number;
  readonly signal: AbortSignal;
}

const HandoutSchema = z.object({ task: z.object({ id: z.string(), status: z.string() }), claim: z.number() });
const HandoutsSchema = z.array(HandoutSchema);
const NO_PORT_MS = 50;

export async function work(options: WorkerOptions): Promise<void> {
  const { id, signal, chance, record, workMs } = options;
  while (!signal.aborted) {
    const registered = await ask(anyOf(options), 'register', { id, heartbeatInterval: 1 });
    if (registered.kind !== 'done') {
      await pause(NO_PORT_MS);
      continue;
    }
    // What it was handed out and never heard of.
    const askedMs = nowMs();
    const held = await ask(anyOf(options), 'held', { agent: id });
    if (held.kind === 'done')
      for (const { task, claim } of HandoutsSchema.parse(held.value))
        await carryOut({ task: task.id, agent: id, claim }, askedMs, nowMs());
    await takeNext();
  }

  /** Until a host does not answer. */
  async function takeNext(): Promise<void> {
    while (!signal.aborted) {
      const askedMs = nowMs();
      const next = await ask(anyOf(options), 'next', { agent: id });
      if (next.kind !== 'done') return;
      if (next.value === null) continue;
      const { task, claim } = HandoutSchema.parse(next.value);
      await carryOut({ task: task.id, agent: id, claim }, askedMs, nowMs());
    }
  }

  /** One that wakes up late goes on as if nothing had been: every step is reported. */
  async function carryOut(claimed: Claimed, askedMs: number, toldMs: number): Promise<void> {
    record({ op: 'handout', outcome: 'done', ...claimed, askedMs, toldMs });
    if (chance() < 0.5) await report('start', claimed);
    await pause(chance() * workMs);
    if (chance() < 0.3) await report('progress', claimed);
    await pause(chance() * workMs);
    const how = chance();
    await report(how < 0.05 ? 'release' : how < 0.1 ? 'fail' : 'complete', claimed);
  }

  async function report(op: ReportName, claimed: Claimed): Promise<void> {
    const { task: taskId, agent: agentId, claim } = claimed;
    const key = `${op} ${taskId} ${claim}`;
    const args = { taskId, agentId, claim, once: { principal: 'local', key, digest: key } };
    for (;;) {
      const askedMs = nowMs();
      const answer = await ask(anyOf(options), op, args);
      const outcome = answer.kind;
      const kind = answer.kind === 'refused' ? `${answer.code} ${answer.why ?? answer.message}` : '';
      record({ op, outcome, kind, ...claimed, askedMs, toldMs: nowMs() });
      // What ends the work is asked for until somebody knows: nobody else has the task meanwhile.
      if (outcome !== 'unknown' || op === 'start' || op === 'progress' || signal.aborted) return;
      await pause(NO_PORT_MS);
    }
  }
}

function anyOf({ ports, chance }: WorkerOptions): number | undefined {
  const all = ports();
  return all[Math.floor(chance() * all.length)];
}
