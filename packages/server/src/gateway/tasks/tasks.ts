// Tasks through the gateway, for every pairing of eras. A request that makes a task or is about one gets a plan before it
// becomes an exchange: how it is sent, who carries it, and what changes on its way back. Everything else passes by.

import { type Edit, insertMembers, type Message } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { toAppError } from '../../kernel/errors.ts';
import type { Handshake } from '../../snapshot/types.ts';
import type { Asked, Exchange, Reply } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import type { ResultStore } from '../ports.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, rpcError, rpcErrorOf } from '../protocol/rpc.ts';
import type { Route } from '../routing/route.ts';
import type { View } from '../routing/view.ts';
import type { Instance } from '../upstream/instance.ts';
import type { Pool } from '../upstream/pool.ts';
import { answerBridged } from './bridged.ts';
import {
  declaresTasks,
  declaringTasks,
  MISSING_TASKS_EXTENSION,
  offersTasks,
  showsTasks,
} from './capability.ts';
import { clientOf, type TaskContext } from './context.ts';
import { createdTask } from './created.ts';
import { isHeld, type TaskHandles, type TaskRef } from './handles.ts';
import { answerHeldCall, detailedHeldTask } from './held-answers.ts';
import { taskNotification } from './held-call.ts';
import { HeldCalls } from './held-calls.ts';
import { KeptResults } from './kept-results.ts';
import { HeldResults, heldTask } from './held-results.ts';
import { LongCalls } from './long-calls.ts';
import { TaskHomes } from './homes.ts';
import type { KnownTask, TaskClient } from './known-task.ts';
import { TaskRegistry } from './registry.ts';
import type { MayUse } from './results.ts';
import { withRelatedTask } from './related-task.ts';
import { withHandles } from './same-era.ts';
import { TaskChannel } from './task-channel.ts';
import { listTasks } from './task-list.ts';
import { TaskNews } from './task-news.ts';
import { writeObject } from './task-text.ts';
import { TaskWatch } from './task-watch.ts';

export interface TasksDeps {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly handles: TaskHandles;
  readonly mayUse: MayUse;
  /** A policy kept a task from its holder. */
  readonly denied: () => void;
  readonly askTimeoutMs: number;
  readonly resultTtlMs: number;
  readonly results: ResultStore;
  readonly limitReached: (limit: string, server: string) => void;
  /** So many calls are held for clients that do not wait for them. */
  readonly heldChanged: (count: number) => void;
  readonly internalError: (error: unknown) => void;
}

export interface TaskPlan {
  /** As whom the request is sent. */
  readonly caller: Caller;
  /** What changes in it. */
  readonly edits: readonly Edit[];
  attach(exchange: Exchange): void;
}

const NO_EDITS: readonly Edit[] = [];
/** JSON text of the member that asks a legacy server for a task. */
const AS_TASK = '"task":{}';

export class Tasks implements Disposable {
  readonly handles: TaskHandles;
  readonly long: LongCalls;
  readonly calls: HeldCalls;
  readonly #context: TaskContext;
  readonly #news: TaskNews;
  readonly #watch: TaskWatch;
  readonly #mayUse: MayUse;
  readonly #denied: () => void;
  readonly #offering = new WeakMap<Handshake, boolean>();

  constructor(deps: TasksDeps) {
    const { clock, pool, handles, askTimeoutMs, internalError } = deps;
    this.handles = handles;
    this.#mayUse = deps.mayUse;
    this.#denied = deps.denied;
    this.calls = new HeldCalls({
      clock,
      ttlMs: deps.resultTtlMs,
      kept: new KeptResults(deps.results),
      askTimeoutMs,
      changed: deps.heldChanged,
      limitReached: deps.limitReached,
    });
    this.long = new LongCalls({ clock, pool, handles, held: this.calls });
    const held = new HeldResults(clock);
    const registry = new TaskRegistry({
      clock,
      handles,
      askTimeoutMs,
      limitReached: deps.limitReached,
      forgotten: (task) => this.#forgotten(task),
    });
    const homes = new TaskHomes(pool);
    this.#context = { clock, pool, handles, registry, held, homes, askTimeoutMs, internalError };
    this.#watch = new TaskWatch(clock, pool, this.#context.homes);
    this.#news = new TaskNews(this.#context, this.#watch);
  }

  /** Undefined for nearly every request: it has to do with no task. */
  plan(caller: Caller, message: Message, route: Extract<Route, { kind: 'server' }>): TaskPlan | undefined {
    if (route.task !== undefined) return this.#about(caller, route.task);
    if (route.tool === undefined) return undefined;
    const same = this.long.again(caller, message, route.server);
    if (same !== undefined) return carriedBy(caller, same);
    if (caller.era === 'modern') return this.#modernCall(caller, message, route);
    return message.members.has('task') ? this.#legacyCall(caller, route.server) : undefined;
  }

  /** `tasks/list` of a legacy client. */
  async list(view: View, client: TaskClient, message: Message): Promise<Reply> {
    if (!showsTasks(view)) return refusal(METHOD_NOT_FOUND, 'Method not found: tasks/list');
    const isDenied = ({ ref }: KnownTask): boolean => this.#isDenied(ref, client.caller.principal);
    return listTasks(this.#context, view.server, client, message, isDenied);
  }

  /** A modern client listens for tasks; returns those that are its own, and how to stop. */
  listen(
    view: View,
    caller: Caller,
    taskIds: readonly string[],
    notify: (message: Buffer) => void,
  ): { readonly taskIds: readonly string[]; stop(): void } {
    const own: string[] = [];
    const stops: (() => void)[] = [];
    for (const handle of new Set(taskIds)) {
      const ref = this.handles.open(handle, caller.principal);
      if (ref === undefined || (view.server !== undefined && view.server !== ref.server)) continue;
      if (this.#isOthers(ref, caller.principal) || this.#isDenied(ref, caller.principal)) continue;
      own.push(handle);
      if (isHeld(ref)) {
        stops.push(this.#listenToHeld(ref, caller.principal, handle, notify));
        continue;
      }
      stops.push(this.#news.listen(ref, { caller, handle, notify }));
    }
    return { taskIds: own, stop: () => stops.forEach((stop) => stop()) };
  }

  /** Whom the server asks when it names a task. */
  taskOf(instance: Instance, question: Message): Asked | undefined {
    return this.#news.taskOf(instance, question);
  }

  /** True when the notification was about a task. */
  heard(instance: Instance, message: Message): boolean {
    return this.#news.heard(instance, message);
  }

  sessionEnded(sessionKey: string): void {
    for (const task of this.#context.registry.all())
      if (task.caller.sessionKey === sessionKey) task.sessionEnded();
  }

  /** What is held for the principal, and what it may see of servers' tasks, is nobody's any more. */
  forgetPrincipal(principal: string): void {
    for (const held of this.calls.of(principal)) {
      held.stop('its key is gone');
      this.calls.drop(held);
    }
    this.#context.registry.forgetPrincipal(principal);
  }

  [Symbol.dispose](): void {
    this.calls[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
    this.#context.registry[Symbol.dispose]();
  }

  /** The client asks for a task. A server that does not do tasks ignores that. */
  #legacyCall(caller: Caller, server: string): TaskPlan | undefined {
    const handshake = this.#handshake(server);
    if (handshake === undefined || !this.#offers(handshake)) return undefined;
    const isModern = handshake.era === 'modern';
    return {
      caller: isModern ? declaringTasks(caller) : caller,
      edits: NO_EDITS,
      attach: (exchange) => this.#mayCreate(exchange, isModern),
    };
  }

  /** A modern client leaves it to the server what becomes a task; a legacy server is asked for one wherever it can. */
  #modernCall(
    caller: Caller,
    message: Message,
    { server, taskSupport }: Extract<Route, { kind: 'server' }>,
  ): TaskPlan | undefined {
    const declares = declaresTasks(caller.capabilities);
    if (!declares && taskSupport !== 'required') return undefined;
    const handshake = this.#handshake(server);
    if (handshake === undefined || !this.#offers(handshake)) return undefined;
    const isLegacy = handshake.era === 'legacy';
    if (!declares) return isLegacy ? undeclared(caller) : undefined;
    if (isLegacy && (taskSupport === 'forbidden' || message.body === undefined)) return undefined;
    return {
      caller,
      edits: isLegacy && message.body !== undefined ? [insertMembers(message.body, AS_TASK)] : NO_EDITS,
      attach: (exchange) => this.#mayCreate(exchange, false),
    };
  }

  #listenToHeld(
    ref: TaskRef,
    principal: string,
    handle: string,
    notify: (message: Buffer) => void,
  ): () => void {
    const held = this.calls.get(ref, principal);
    const tell = (): void => {
      if (held !== undefined) notify(taskNotification(writeObject(detailedHeldTask(held, handle))));
    };
    return held?.onEnd(tell) ?? (() => undefined);
  }

  #mayCreate(exchange: Exchange, follow: boolean): void {
    exchange.isServersTask = true;
    exchange.channel = new TaskChannel(exchange.channel, (reply) =>
      createdTask(this.#context, exchange, reply, (task) => {
        if (follow) this.#news.follow(task);
      }),
    );
  }

  /** A request about a task that the client has a handle of. */
  #about(caller: Caller, ref: TaskRef): TaskPlan {
    const era = this.#handshake(ref.server)?.era ?? caller.era;
    const isBridged = era !== caller.era;
    return {
      caller: isBridged && caller.era === 'legacy' ? declaringTasks(caller) : caller,
      edits: NO_EDITS,
      attach: (exchange) => this.#attach(exchange, ref, isBridged),
    };
  }

  #attach(exchange: Exchange, ref: TaskRef, isBridged: boolean): void {
    const { registry, homes } = this.#context;
    if (this.#isDenied(ref, exchange.caller.principal)) {
      this.#denied();
      exchange.carrier = { submit: (taken) => taken.fail(GONE) };
      return;
    }
    if (isHeld(ref)) {
      // The call has a deadline of its own.
      if (exchange.method === 'tasks/result') exchange.deadlineMs = Number.MAX_SAFE_INTEGER;
      exchange.carrier = { submit: (taken) => this.#answerHeld(taken, ref) };
      return;
    }
    const home = homes.find(ref);
    if (home.kind === 'gone' || this.#isOthers(ref, exchange.caller.principal)) {
      exchange.carrier = { submit: (taken) => taken.fail(GONE) };
      return;
    }
    const task = registry.see(ref, clientOf(exchange));
    if (exchange.method === 'tasks/result') {
      this.#giveTime(exchange, ref);
      task.waiting = exchange;
    }
    if (isBridged) {
      exchange.carrier = { submit: (taken) => this.#answer(taken, task) };
      return;
    }
    exchange.channel = new TaskChannel(exchange.channel, (reply) =>
      withHandles(this.#context, exchange, task, reply),
    );
    exchange.carrier = home.instance;
  }

  /** Who waits for the end of a task waits for as long as a call may take. */
  #giveTime(exchange: Exchange, { server }: TaskRef): void {
    const { maxCallMs } = this.#context.pool.slot(server)?.entry.limits ?? { maxCallMs: 0 };
    exchange.deadlineMs = Math.max(exchange.deadlineMs, exchange.startedMs + maxCallMs);
  }

  /** A server may use an id again, for somebody else's task: then an old handle is good for nothing. */
  #isOthers(ref: TaskRef, principal: string): boolean {
    return this.#context.registry.get(ref)?.principals.has(principal) === false;
  }

  /** A policy may have come in between since the task was made. */
  #isDenied(ref: TaskRef, principal: string): boolean {
    const { tool } =
      (isHeld(ref) ? this.calls.get(ref, principal) : undefined) ?? this.#context.registry.get(ref) ?? {};
    return !this.#mayUse(principal, ref.server, tool);
  }

  #answer(exchange: Exchange, task: KnownTask): void {
    answerBridged(this.#context, exchange, task).catch((error: unknown) =>
      exchange.fail(rpcErrorOf(toAppError(error))),
    );
  }

  #answerHeld(exchange: Exchange, ref: TaskRef): void {
    const handle = this.handles.seal(ref, exchange.caller.principal);
    const call = this.calls.get(ref, exchange.caller.principal);
    if (call !== undefined) return answerHeldCall(exchange, call, handle);
    const held = this.#context.held.get(ref);
    if (held === undefined) return exchange.fail(GONE);
    switch (exchange.method) {
      case 'tasks/get':
        return exchange.finish({ kind: 'result', json: writeObject(heldTask(held, handle, false)) });
      case 'tasks/result':
        return exchange.finish({ kind: 'result', json: withRelatedTask(held.json, JSON.stringify(handle)) });
      default:
        return exchange.fail(rpcError(INVALID_PARAMS, 'The task is over already.'));
    }
  }

  #forgotten(task: KnownTask): void {
    task.unfollow?.();
    task.collector?.cancel('nobody comes for the task');
    task.dropInputs();
    if (isHeld(task.ref)) this.#context.held.drop(task.ref);
  }

  #handshake(server: string): Handshake | undefined {
    return this.#context.pool.slot(server)?.handshake;
  }

  #offers(handshake: Handshake): boolean {
    let offers = this.#offering.get(handshake);
    if (offers === undefined) this.#offering.set(handshake, (offers = offersTasks(handshake)));
    return offers;
  }
}

/** The request is answered by what carries it. */
function carriedBy(caller: Caller, carrier: Exclude<Exchange['carrier'], undefined>): TaskPlan {
  return {
    caller,
    edits: NO_EDITS,
    attach: (exchange) => {
      exchange.carrier = carrier;
    },
  };
}

/** A legacy server would say that there is no such method; a modern client has to hear what it should have declared. */
function undeclared(caller: Caller): TaskPlan {
  return {
    caller,
    edits: NO_EDITS,
    attach: (exchange) => {
      exchange.carrier = { submit: (taken) => taken.fail(MISSING_TASKS_EXTENSION) };
    },
  };
}

const GONE = rpcError(INVALID_PARAMS, 'Unknown task: it is gone, or was never given to you.');

function refusal(code: number, text: string): Reply {
  return { kind: 'error', error: rpcError(code, text) };
}
