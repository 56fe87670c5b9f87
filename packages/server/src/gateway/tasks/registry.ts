// The tasks that came by: what a list may show to whom, and whom a server means by a task. Bounded and expiring; a task
// that was forgotten still answers to its handle, and comes back by that.

import type { Clock } from '../../kernel/clock.ts';
import type { Instance } from '../upstream/instance.ts';
import { type TaskHandles, type TaskRef, taskKey } from './handles.ts';
import { KnownTask, type TaskClient } from './known-task.ts';

/** Tasks of all clients together. */
export const MAX_TASKS = 10_000;
/** Tasks of one principal, so that one cannot make others' be forgotten. */
export const MAX_TASKS_PER_PRINCIPAL = 1_000;
/** The longest time that a task is remembered after it came by. */
export const MAX_TASK_MEMORY_MS = 24 * 60 * 60_000;
/** The shortest, whatever the server says of its lifetime. */
const MIN_TASK_MEMORY_MS = 60_000;
const SWEEP_MS = 60_000;

export interface TaskRegistryDeps {
  readonly clock: Clock;
  readonly handles: TaskHandles;
  readonly askTimeoutMs: number;
  /** A task was forgotten before its time. */
  limitReached(limit: string, server: string): void;
  forgotten(task: KnownTask): void;
}

export class TaskRegistry implements Disposable {
  readonly #deps: TaskRegistryDeps;
  /** Least recently seen first. */
  readonly #tasks = new Map<string, KnownTask>();
  readonly #perPrincipal = new Map<string, number>();
  #sequence = 0;
  #timer: Disposable | undefined;

  constructor(deps: TaskRegistryDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#tasks.size;
  }

  get(ref: TaskRef): KnownTask | undefined {
    return this.#tasks.get(taskKey(ref));
  }

  /** The server made a task. Where another conversation with it made one of the same id, that was another task. */
  create(ref: TaskRef, client: TaskClient, instance: Instance, ttlMs?: number): KnownTask {
    const known = this.get(ref);
    if (known !== undefined && known.madeBy?.deref() !== instance) this.forget(known);
    const task = this.see(ref, client, ttlMs);
    task.madeBy = new WeakRef(instance);
    return task;
  }

  /** Notes that the task came by for the client. `ttlMs` is its lifetime where the server just told it. */
  see(ref: TaskRef, client: TaskClient, ttlMs?: number): KnownTask {
    const { clock, handles, askTimeoutMs } = this.#deps;
    const { caller } = client;
    const key = taskKey(ref);
    let task = this.#tasks.get(key);
    if (task === undefined) {
      task = new KnownTask({
        ref,
        sequence: ++this.#sequence,
        clock,
        askTimeoutMs,
        caller,
        handle: (principal) => handles.seal(ref, principal),
      });
    }
    this.#tasks.delete(key);
    this.#tasks.set(key, task);
    this.#own(task, caller.principal);
    task.caller = caller;
    task.standing = client.standing;
    const nowMs = clock.nowMs();
    const endMs = ttlMs === undefined ? task.expiresMs : task.firstSeenMs + ttlMs;
    task.expiresMs = Math.min(Math.max(endMs, nowMs + MIN_TASK_MEMORY_MS), nowMs + MAX_TASK_MEMORY_MS);
    this.#bound(caller.principal);
    this.#timer ??= clock.after(SWEEP_MS, this.#sweep);
    return task;
  }

  /** Those of the principal, oldest first; of all servers when none is given. */
  of(principal: string, server: string | undefined): KnownTask[] {
    const nowMs = this.#deps.clock.nowMs();
    const found = [...this.#tasks.values()].filter(
      (task) =>
        task.principals.has(principal) &&
        task.expiresMs > nowMs &&
        (server === undefined || task.ref.server === server),
    );
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  all(): IterableIterator<KnownTask> {
    return this.#tasks.values();
  }

  /** Nothing is the principal's any more. */
  forgetPrincipal(principal: string): void {
    for (const task of this.#tasks.values()) {
      if (!task.principals.has(principal)) continue;
      if (task.principals.size === 1) this.forget(task);
      else {
        task.principals.delete(principal);
        this.#uncount(principal);
      }
    }
  }

  forget(task: KnownTask): void {
    if (!this.#tasks.delete(task.key)) return;
    for (const principal of task.principals) this.#uncount(principal);
    this.#deps.forgotten(task);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#tasks.clear();
    this.#perPrincipal.clear();
  }

  #own(task: KnownTask, principal: string): void {
    if (task.principals.has(principal)) return;
    task.principals.add(principal);
    this.#perPrincipal.set(principal, (this.#perPrincipal.get(principal) ?? 0) + 1);
  }

  #uncount(principal: string): void {
    const left = (this.#perPrincipal.get(principal) ?? 0) - 1;
    if (left > 0) this.#perPrincipal.set(principal, left);
    else this.#perPrincipal.delete(principal);
  }

  #bound(principal: string): void {
    if ((this.#perPrincipal.get(principal) ?? 0) > MAX_TASKS_PER_PRINCIPAL)
      this.#evict('tasks of one principal', (task) => task.principals.has(principal));
    if (this.#tasks.size > MAX_TASKS) this.#evict('tasks', () => true);
  }

  #evict(limit: string, which: (task: KnownTask) => boolean): void {
    for (const task of this.#tasks.values()) {
      if (!which(task)) continue;
      this.#deps.limitReached(limit, task.ref.server);
      return this.forget(task);
    }
  }

  readonly #sweep = (): void => {
    const nowMs = this.#deps.clock.nowMs();
    for (const task of this.#tasks.values()) if (task.expiresMs <= nowMs) this.forget(task);
    this.#timer = this.#tasks.size === 0 ? undefined : this.#deps.clock.after(SWEEP_MS, this.#sweep);
  };
}
