// What servers tell of tasks without being asked: of their status, and whatever else names a task in its `_meta`. A legacy
// client hears of its own tasks, a modern one of those that it listens for.

import { ENVELOPE, type Message, notification, replaceSpan, splice, stringValue } from '@tutti/wire';
import type { Standing } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { isWanted } from '../protocol/log-level.ts';
import type { Instance } from '../upstream/instance.ts';
import { numberAt } from '../upstream/notices.ts';
import { stepsOf, type TaskContext } from './context.ts';
import { detailedTask } from './for-modern-client.ts';
import { type TaskRef, taskKey } from './handles.ts';
import type { KnownTask } from './known-task.ts';
import { relatedTaskEdits } from './same-era.ts';
import { findTaskId, isTerminal, legacyTask, readMembers, textOf, writeObject } from './task-text.ts';
import type { TaskWatch } from './task-watch.ts';

export interface TaskListener {
  readonly caller: Caller;
  readonly handle: string;
  notify(message: Buffer): void;
}

interface Listener extends TaskListener {
  /** How often there was something to tell while the last telling was not done. */
  telling: number;
}

export class TaskNews {
  readonly #context: TaskContext;
  readonly #watch: TaskWatch;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(context: TaskContext, watch: TaskWatch) {
    this.#context = context;
    this.#watch = watch;
  }

  /** The task that a message is about, as `_meta` says. */
  taskOf(instance: Instance, { bytes, metaMembers }: Message): KnownTask | undefined {
    const related = metaMembers.get(ENVELOPE.relatedTask);
    const found = related === undefined ? undefined : findTaskId(bytes, related);
    if (found === undefined) return undefined;
    return this.#context.registry.get(this.#context.homes.refOf(instance, found.id));
  }

  /** True when the notification was about a task: then nobody else gets it. */
  heard(instance: Instance, message: Message): boolean {
    const isStatus =
      message.method === 'notifications/tasks/status' || message.method === 'notifications/tasks';
    if (isStatus) this.#status(instance, message);
    else if (message.metaMembers.has(ENVELOPE.relatedTask)) this.#related(instance, message);
    else return false;
    return true;
  }

  /** A modern client listens for a task, which it knows by the handle; returns how to stop. */
  listen(ref: TaskRef, wanted: TaskListener): () => void {
    const key = taskKey(ref);
    const listener: Listener = { ...wanted, telling: 0 };
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    const isWatched = this.#watch.add(ref);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
      if (isWatched) this.#watch.remove(ref);
    };
  }

  /** A legacy client has a task of a modern server, which tells only those who listen. */
  follow(task: KnownTask): void {
    if (task.unfollow !== undefined || !this.#watch.add(task.ref)) return;
    task.unfollow = () => {
      task.unfollow = undefined;
      this.#watch.remove(task.ref);
    };
  }

  #status(instance: Instance, message: Message): void {
    const { bytes, body } = message;
    const found = body === undefined ? undefined : findTaskId(bytes, body);
    if (body === undefined || found === undefined) return;
    const { homes, registry } = this.#context;
    const ref = homes.refOf(instance, found.id);
    const task = registry.get(ref);
    const members = readMembers(bytes, body);
    const isModern = message.method === 'notifications/tasks';
    if (task?.caller.era === 'legacy') {
      const params = isModern ? writeObject(legacyTask(members, task.handle)).toString() : undefined;
      task.standing?.notify(
        params === undefined
          ? splice(bytes, [replaceSpan(found.place, JSON.stringify(task.handle))])
          : notification('notifications/tasks/status', params),
      );
    }
    if (task !== undefined && isTerminal(textOf(members, 'status'))) task.unfollow?.();
    for (const listener of this.#listeners.get(taskKey(ref)) ?? []) {
      if (isModern)
        listener.notify(splice(bytes, [replaceSpan(found.place, JSON.stringify(listener.handle))]));
      else if (task !== undefined)
        this.#tell(listener, task).catch((error: unknown) => this.#context.internalError(error));
    }
  }

  /** A legacy server says less of a task than a modern client is told, so it is asked for the rest. */
  async #tell(listener: Listener, task: KnownTask): Promise<void> {
    if (listener.telling++ > 0) return;
    try {
      for (let told = 0; told < listener.telling;) {
        told = listener.telling;
        const steps = stepsOf(this.#context, task, listener.caller);
        const found = await detailedTask(this.#context, task, steps, listener);
        if (found.kind !== 'task') continue;
        const params = new Map([...found.members, ['taskId', JSON.stringify(listener.handle)]] as const);
        listener.notify(notification('notifications/tasks', writeObject(params).toString()));
      }
    } finally {
      listener.telling = 0;
    }
  }

  /** Progress under the token of the call that made the task, logs at the level that the client asked for. */
  #related(instance: Instance, message: Message): void {
    const task = this.taskOf(instance, message);
    if (task === undefined) return;
    const { bytes, members } = message;
    const edits = relatedTaskEdits(message, JSON.stringify(task.handle));
    const token = members.get('progressToken');
    let way: Pick<Standing, 'notify'> | undefined =
      task.waiting?.finished === false ? task.waiting.channel : task.standing;
    if (token !== undefined) {
      const flight = numberAt(bytes, token);
      const call = instance.flights.get(flight);
      const known = call?.token ?? (task.progress?.flight === flight ? task.progress.token : undefined);
      if (known === undefined) return;
      edits.push(replaceSpan(token, known));
      way = call?.exchange?.channel ?? way;
    }
    const level = members.get('level');
    const severity = level === undefined ? undefined : stringValue(bytes, level);
    if (message.method === 'notifications/message' && !isWanted(severity ?? 'info', task.caller.logLevel))
      return;
    way?.notify(splice(bytes, edits));
  }
}
