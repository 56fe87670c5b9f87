// What all parts of tasks work with.

import type { Clock } from '../../kernel/clock.ts';
import type { Exchange } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import type { Pool } from '../upstream/pool.ts';
import type { TaskHandles, TaskRef } from './handles.ts';
import type { HeldResults } from './held-results.ts';
import type { TaskHomes } from './homes.ts';
import type { KnownTask, TaskClient } from './known-task.ts';
import type { TaskRegistry } from './registry.ts';
import { Steps } from './steps.ts';
import { isTerminal, type Members, numberOf, textOf } from './task-text.ts';

export interface TaskContext {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly handles: TaskHandles;
  readonly registry: TaskRegistry;
  readonly held: HeldResults;
  readonly homes: TaskHomes;
  readonly askTimeoutMs: number;
  readonly internalError: (error: unknown) => void;
}

export function clientOf({ caller, channel }: Exchange): TaskClient {
  return { caller, standing: channel.standing };
}

/** Notes a task that came by, from its members as either era has them. */
export function seeTask(context: TaskContext, ref: TaskRef, client: TaskClient, members: Members): KnownTask {
  const task = context.registry.see(ref, client, ttlOf(members));
  context.homes.keep(ref, task.expiresMs);
  if (isTerminal(textOf(members, 'status'))) task.unfollow?.();
  return task;
}

/** In milliseconds; a lifetime of null is unlimited. */
export function ttlOf(members: Members): number {
  return numberOf(members, 'ttlMs') ?? numberOf(members, 'ttl') ?? Infinity;
}

/** Steps for a client's request: what comes up on the way goes to the client, and its cancellation ends them. */
export function stepsFor(context: TaskContext, exchange: Exchange, task: KnownTask): Steps {
  const { bytes, meta } = exchange.request;
  const steps = new Steps({
    ...context,
    caller: exchange.caller,
    ref: task.ref,
    meta: meta === undefined ? undefined : bytes.toString('utf8', meta.start, meta.end),
    channel: { notify: (message) => exchange.channel.notify(message), ask: task.channel.ask },
  });
  exchange.holder = { cancel: (_exchange, reason) => steps.cancel(reason) };
  return steps;
}

/** Steps that no request of a client waits for. */
export function stepsOf(context: TaskContext, task: KnownTask, caller: Caller = task.caller): Steps {
  return new Steps({
    ...context,
    caller,
    ref: task.ref,
    meta: undefined,
    channel: { notify: drop, ask: task.channel.ask },
  });
}

function drop(_message: Buffer): void {
  // Nobody waits for it.
}
