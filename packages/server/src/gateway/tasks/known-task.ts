// A task that came by, and who has to do with it: who may see it in a list, who hears of it, who answers its questions.
// What a server asks for a task is put to a legacy client as a request, and kept for a modern one until it comes for it.

import { ENVELOPE, isScanFailure, type Message, scanMessage } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import type { Ask, Asked, Exchange, Standing } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import type { Instance } from '../upstream/instance.ts';
import { type TaskRef, taskKey } from './handles.ts';
import { renameRelatedTask, withoutRelatedTask, withRelatedTask } from './related-task.ts';

/** Questions of one task that may be open at a time. */
const MAX_OPEN_INPUTS = 64;

/** Who comes for a task, and the way to it outside of its calls; a modern client has none. */
export interface TaskClient {
  readonly caller: Caller;
  readonly standing: Standing | undefined;
}

export interface KnownTaskOptions {
  readonly ref: TaskRef;
  /** Counts the tasks that came by: their order in lists. */
  readonly sequence: number;
  readonly clock: Clock;
  readonly askTimeoutMs: number;
  readonly caller: Caller;
  handle(principal: string): string;
}

export class KnownTask implements Asked, TaskClient {
  readonly ref: TaskRef;
  readonly key: string;
  readonly sequence: number;
  readonly firstSeenMs: number;
  expiresMs = 0;
  /** The tool whose call made it, by its server's own name; undefined when that is not known. */
  tool: string | undefined;
  /** The instance that was told of it first; undefined when that is not known. */
  madeBy: WeakRef<Instance> | undefined;
  /** All to whom the server gave this task. */
  readonly principals = new Set<string>();
  /** Who came for it last, and the way to that client. */
  caller: Caller;
  standing: Standing | undefined;
  /** `tasks/result` of a legacy client under way: questions go on its stream. */
  waiting: Exchange | undefined;
  /** `tasks/result` at a legacy server under way, so that it asks; for a modern client. */
  collector: Exchange | undefined;
  /** The token of the call that made the task: its client's, and the id that stands for it at the server. */
  progress: { readonly flight: number; readonly token: string } | undefined;
  /** Set while a modern server is asked to tell of its status: nobody needs that any more. */
  unfollow: (() => void) | undefined;
  /** Keys of input requests that a legacy client was asked. */
  readonly askedKeys = new Set<string>();
  readonly channel = { ask: (ask: Ask): void => this.#ask(ask) };
  readonly #inputs = new Map<string, Ask>();
  readonly #options: KnownTaskOptions;
  #lastInput = 0;
  #onInput: (() => void) | undefined;

  constructor(options: KnownTaskOptions) {
    this.#options = options;
    this.ref = options.ref;
    this.key = taskKey(options.ref);
    this.sequence = options.sequence;
    this.firstSeenMs = options.clock.nowMs();
    this.caller = options.caller;
  }

  /** The id by which its client knows it. */
  get handle(): string {
    return this.#options.handle(this.caller.principal);
  }

  get deadlineMs(): number {
    return this.waiting?.deadlineMs ?? 0;
  }

  /** A question gives the client that waits for the result more time; an answer takes none away. */
  set deadlineMs(value: number) {
    if (this.waiting !== undefined) this.waiting.deadlineMs = Math.max(this.waiting.deadlineMs, value);
  }

  /** The questions kept for a modern client: JSON text of input requests by their keys. */
  inputRequests(): Map<string, Buffer | string> {
    return new Map([...this.#inputs].map(([key, ask]) => [key, inputRequest(ask)]));
  }

  /** A modern client's answer, JSON text of a result. One to a question that is not open is ignored. */
  answer(key: string, json: Buffer): void {
    const ask = this.#inputs.get(key);
    this.#inputs.delete(key);
    ask?.settle({ kind: 'result', json });
  }

  /** Settles when there is a question, or after the time. */
  inputOr(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(timeoutMs, resolve);
      this.#onInput = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }

  /** The client's session is over. What it declared is remembered, and nothing that belonged to the session. */
  sessionEnded(): void {
    const { principal, era, sessionKey, protocolVersion, capabilities, clientInfo, logLevel } = this.caller;
    this.standing = undefined;
    this.caller = {
      principal,
      era,
      sessionKey,
      protocolVersion,
      capabilities,
      clientInfo,
      logLevel,
      paramHeaders: undefined,
    };
  }

  /** Nobody can answer any more. */
  dropInputs(): void {
    for (const ask of this.#inputs.values()) ask.settle(failure('The task is over.'));
    this.#inputs.clear();
    this.#onInput?.();
  }

  /** The client sees the question under the task's handle, the server the answer under its own id. */
  #ask(ask: Ask): void {
    const { clock, askTimeoutMs } = this.#options;
    const isModern = this.caller.era === 'modern';
    const way = this.waiting?.finished === false ? this.waiting.channel : this.standing;
    const { id } = this.ref;
    const timer = clock.after(askTimeoutMs, () => {
      asked.onWithdrawn?.();
      asked.settle(failure(`Nobody answered within ${askTimeoutMs} ms.`));
    });
    const asked: Ask = {
      method: ask.method,
      params: this.#params(ask, isModern),
      progressToken: ask.progressToken,
      onWithdrawn: undefined,
      settle(answer) {
        timer[Symbol.dispose]();
        if (answer.kind === 'error') return ask.settle(answer);
        const json = isModern ? withRelatedTask(answer.json, id) : renameRelatedTask(answer.json, id);
        ask.settle({ kind: 'result', json });
      },
      progress: (report) => ask.progress(renamedReport(report, id)),
    };
    ask.onWithdrawn = () => {
      timer[Symbol.dispose]();
      asked.onWithdrawn?.();
    };
    if (isModern) this.#keep(asked);
    else if (way === undefined) asked.settle(failure('The client is gone.'));
    else way.ask(asked);
  }

  #params({ params }: Ask, isModern: boolean): Buffer | undefined {
    if (params === undefined) return undefined;
    return isModern ? withoutRelatedTask(params) : withRelatedTask(params, JSON.stringify(this.handle));
  }

  #keep(ask: Ask): void {
    if (this.#inputs.size >= MAX_OPEN_INPUTS)
      return ask.settle(failure('The task has too many open questions.'));
    // Never the same key twice, even when the task was forgotten and came by again.
    const key = `input-${this.sequence}-${++this.#lastInput}`;
    this.#inputs.set(key, ask);
    ask.onWithdrawn = () => this.#inputs.delete(key);
    this.#onInput?.();
  }
}

function failure(message: string): { kind: 'error'; json: Buffer } {
  return { kind: 'error', json: Buffer.from(JSON.stringify({ code: -32000, message })) };
}

function inputRequest({ method, params }: Ask): string {
  const rest = params === undefined ? '' : `,"params":${params.toString()}`;
  return `{"method":${JSON.stringify(method)}${rest}}`;
}

function renamedReport(report: Message, idText: string): Message {
  if (report.body === undefined || !report.metaMembers.has(ENVELOPE.relatedTask)) return report;
  const { bytes, body } = report;
  const renamed = renameRelatedTask(bytes.subarray(body.start, body.end), idText);
  const scanned = scanMessage(
    Buffer.concat([bytes.subarray(0, body.start), renamed, bytes.subarray(body.end)]),
  );
  return isScanFailure(scanned) ? report : scanned;
}
