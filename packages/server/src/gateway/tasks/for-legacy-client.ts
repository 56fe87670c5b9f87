// Tasks of a modern server for a legacy client. The extension has fewer methods: the result and the questions come with
// `tasks/get`, so `tasks/result` polls, puts the questions to the client, and ends when the task does.

import { isScanFailure, objectEntries, scanMessage } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import type { Ask, Exchange, Reply } from '../exchange.ts';
import { canAnswer } from '../protocol/capabilities.ts';
import { INVALID_PARAMS, rpcError, rpcErrorOf } from '../protocol/rpc.ts';
import { inputResponse } from '../upstream/input-response.ts';
import type { AboutTask, TaskAnswers } from './bridged.ts';
import { clientOf, seeTask, type TaskContext } from './context.ts';
import type { KnownTask } from './known-task.ts';
import { withoutRelatedTask, withRelatedTask } from './related-task.ts';
import { passFailure, type Step, type Steps } from './steps.ts';
import {
  isTerminal,
  legacyTask,
  type Members,
  numberOf,
  readMembers,
  textOf,
  writeObject,
} from './task-text.ts';

/** Between polls when the server does not say. */
const DEFAULT_POLL_MS = 1_000;
const MIN_POLL_MS = 50;
const MAX_POLL_MS = 10_000;
/** Questions of one task, from its start to its end. */
const MAX_QUESTIONS = 1_000;

/** What is asked of the task of a modern server. */
export const forLegacyClient: TaskAnswers = { get: answerGet, cancel: answerCancel, other: answerResult };

/** Undefined when the request is over by that. */
async function read({ context, exchange, task, steps }: AboutTask): Promise<Members | undefined> {
  const step: Step = await steps.ask('tasks/get');
  if (step.kind !== 'result') {
    passFailure(exchange, step);
    return undefined;
  }
  const members = readMembers(step.message.bytes, step.body);
  seeTask(context, task.ref, clientOf(exchange), members);
  return members;
}

function finishWithTask(exchange: Exchange, task: KnownTask, members: Members): void {
  const meta = members.get('_meta');
  const result = legacyTask(members, task.handle);
  if (meta !== undefined) result.set('_meta', meta);
  exchange.finish({ kind: 'result', json: writeObject(result) });
}

async function answerGet(about: AboutTask): Promise<void> {
  const members = await read(about);
  if (members !== undefined) finishWithTask(about.exchange, about.task, members);
}

/** A legacy client is refused to cancel what is over, and is given the task; a modern server acknowledges either. */
async function answerCancel(about: AboutTask): Promise<void> {
  const { exchange, task, steps } = about;
  const before = await read(about);
  if (before === undefined) return;
  const status = textOf(before, 'status');
  if (isTerminal(status)) return exchange.fail(rpcError(INVALID_PARAMS, `The task is ${status} already.`));
  const cancelled = await steps.ask('tasks/cancel');
  if (cancelled.kind !== 'result') return passFailure(exchange, cancelled);
  const after = await read(about);
  if (after !== undefined) finishWithTask(exchange, task, after);
}

async function answerResult(about: AboutTask): Promise<void> {
  const { exchange, task, steps } = about;
  const questions = new Questions(about);
  task.waiting = exchange;
  while (!exchange.finished) {
    const members = await read(about);
    if (members === undefined) break;
    const end = endOf(members, task);
    if (end !== undefined) {
      exchange.finish(end);
      break;
    }
    questions.put(members);
    const wantedMs = numberOf(members, 'pollIntervalMs') ?? DEFAULT_POLL_MS;
    await steps.pause(Math.min(Math.max(wantedMs, MIN_POLL_MS), MAX_POLL_MS));
  }
  questions.withdraw();
  if (task.waiting === exchange) task.waiting = undefined;
}

/** What the call would have been answered with; undefined while it is not over. */
function endOf(members: Members, task: KnownTask): Reply | undefined {
  const result = members.get('result');
  const error = members.get('error');
  switch (textOf(members, 'status')) {
    case 'completed':
      if (result === undefined) return invalid(task, 'completed it without a result');
      return { kind: 'result', json: withRelatedTask(Buffer.from(result), JSON.stringify(task.handle)) };
    case 'failed':
      return error === undefined ? invalid(task, 'failed it without an error') : errorReply(task, error);
    case 'cancelled':
      return { kind: 'error', error: rpcErrorOf(new AppError('cancelled', 'The task was cancelled.')) };
    default:
      return undefined;
  }
}

function invalid({ ref }: KnownTask, what: string): Reply {
  return { kind: 'error', error: rpcErrorOf(new AppError('upstream_invalid', `${ref.server} ${what}.`)) };
}

/** The server's error as the bytes that it is. */
function errorReply(task: KnownTask, error: Buffer | string): Reply {
  const bytes = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":0,"error":'), Buffer.from(error), CLOSE]);
  const message = scanMessage(bytes);
  return isScanFailure(message)
    ? invalid(task, 'failed it with no error')
    : { kind: 'message', message, edits: [] };
}

const CLOSE = Buffer.from('}');

/** The questions of a task, each put to the client once. */
class Questions {
  readonly #context: TaskContext;
  readonly #exchange: Exchange;
  readonly #task: KnownTask;
  readonly #steps: Steps;
  readonly #open = new Map<string, Ask>();

  constructor({ context, exchange, task, steps }: AboutTask) {
    this.#context = context;
    this.#exchange = exchange;
    this.#task = task;
    this.#steps = steps;
    exchange.holder = {
      cancel: (_exchange, reason) => {
        steps.cancel(reason);
        this.withdraw();
      },
    };
  }

  put(members: Members): void {
    const requests = Buffer.from(members.get('inputRequests') ?? '{}');
    for (const { key, value } of objectEntries(requests, { start: 0, end: requests.length })) {
      if (this.#task.askedKeys.has(key)) continue;
      if (this.#task.askedKeys.size >= MAX_QUESTIONS)
        return this.#refused(`The server asked more than ${MAX_QUESTIONS} questions for one task.`);
      this.#task.askedKeys.add(key);
      this.#ask(key, readMembers(requests, value));
    }
  }

  /** Takes the open ones back; they are put again by whoever comes for the result next. */
  withdraw(): void {
    for (const [key, ask] of this.#open) {
      this.#task.askedKeys.delete(key);
      ask.onWithdrawn?.();
    }
    this.#open.clear();
  }

  #ask(key: string, request: Members): void {
    const method = textOf(request, 'method') ?? '';
    const ask: Ask = {
      method,
      params: Buffer.from(request.get('params') ?? '{}'),
      progressToken: undefined,
      onWithdrawn: undefined,
      progress() {},
      settle: (answer) => {
        if (!this.#open.delete(key)) return;
        const input = inputResponse(method, answer);
        if (input === undefined)
          this.#refused(`The client could not answer ${method}: ${answer.json.toString()}`);
        else this.#update(key, withoutRelatedTask(input));
      },
    };
    const { clock, askTimeoutMs } = this.#context;
    if (!canAnswer(this.#exchange.caller, method)) return this.#refused(`The client can't answer ${method}.`);
    this.#open.set(key, ask);
    this.#task.deadlineMs = clock.nowMs() + askTimeoutMs;
    this.#task.channel.ask(ask);
  }

  #refused(text: string): void {
    this.#exchange.fail(rpcErrorOf(new AppError('refused', text)));
    this.#steps.cancel(text);
  }

  #update(key: string, json: Buffer): void {
    const responses = `,"inputResponses":{${JSON.stringify(key)}:${json.toString()}}`;
    this.#steps
      .ask('tasks/update', responses)
      .then((step) => {
        // It did not get there: the question is still open.
        if (step.kind === 'failed') this.#task.askedKeys.delete(key);
      })
      .catch((error: unknown) => this.#context.internalError(error));
  }
}
