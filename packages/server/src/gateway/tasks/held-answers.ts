// What clients of both eras are told of a held call when they ask for it as a task.

import { objectEntries } from '@tutti/wire';
import type { Exchange } from '../exchange.ts';
import { INVALID_PARAMS, rpcError } from '../protocol/rpc.ts';
import type { HeldCall } from './held-call.ts';
import { withRelatedTask } from './related-task.ts';
import { inlinedResult, writeObject } from './task-text.ts';

/** A client may come as often. */
const POLL_MS = 1_000;
const ACKNOWLEDGED = '{"resultType":"complete"}';

type Texts = Map<string, Buffer | string>;

/** CreateTaskResult of the modern era. */
export function createdHeldTask(held: HeldCall, handle: string): Buffer {
  return writeObject(new Map([['resultType', '"task"'], ...modernTask(held, handle)]));
}

/** DetailedTask of the modern era. */
export function detailedHeldTask(held: HeldCall, handle: string): Texts {
  const task = modernTask(held, handle);
  const { outcome } = held;
  if (outcome === undefined) {
    const inputs = held.inputRequests();
    if (inputs.size > 0) task.set('status', '"input_required"').set('inputRequests', writeObject(inputs));
  } else if (outcome.kind === 'result') {
    task.set('result', inlinedResult(outcome.json));
  } else if (outcome.kind === 'error') {
    const { code, message, data } = outcome.error;
    task.set('error', JSON.stringify({ code, message, data }));
  }
  return task;
}

export function answerHeldCall(exchange: Exchange, held: HeldCall, handle: string): void {
  if (exchange.caller.era === 'modern') answerModern(exchange, held, handle);
  else answerLegacy(exchange, held, handle);
}

function answerModern(exchange: Exchange, held: HeldCall, handle: string): void {
  switch (exchange.method) {
    case 'tasks/get': {
      const task = detailedHeldTask(held, handle);
      if (held.outcome !== undefined) held.markSeen();
      const json = writeObject(new Map([['resultType', '"complete"'], ...task]));
      return exchange.finish({ kind: 'result', json });
    }
    case 'tasks/cancel':
      held.stop('the client cancelled the task');
      return exchange.finish({ kind: 'result', json: ACKNOWLEDGED });
    default: {
      const { bytes, members } = exchange.request;
      const responses = members.get('inputResponses');
      for (const { key, value } of responses === undefined ? [] : objectEntries(bytes, responses))
        held.answer(key, Buffer.from(bytes.subarray(value.start, value.end)));
      return exchange.finish({ kind: 'result', json: ACKNOWLEDGED });
    }
  }
}

function answerLegacy(exchange: Exchange, held: HeldCall, handle: string): void {
  switch (exchange.method) {
    case 'tasks/get':
      return exchange.finish({ kind: 'result', json: writeObject(legacyTask(held, handle)) });
    case 'tasks/cancel':
      if (held.outcome !== undefined)
        return exchange.fail(rpcError(INVALID_PARAMS, 'The task is over already.'));
      held.stop('the client cancelled the task');
      return exchange.finish({ kind: 'result', json: writeObject(legacyTask(held, handle)) });
    default:
      return awaitLegacyResult(exchange, held, handle);
  }
}

/** `tasks/result` waits for the end. */
function awaitLegacyResult(exchange: Exchange, held: HeldCall, handle: string): void {
  const { outcome } = held;
  if (outcome === undefined) {
    const stop = held.onEnd(() => {
      if (!exchange.finished) awaitLegacyResult(exchange, held, handle);
    });
    exchange.holder = { cancel: stop };
    return;
  }
  held.markSeen();
  if (outcome.kind === 'result')
    exchange.finish({ kind: 'result', json: withRelatedTask(outcome.json, JSON.stringify(handle)) });
  else if (outcome.kind === 'error') exchange.fail(outcome.error);
  else exchange.fail(rpcError(INVALID_PARAMS, 'The task was cancelled.'));
}

/** As the modern era has it; there a tool that failed is a call that is completed. */
function statusOf({ outcome }: HeldCall, isModern: boolean): string {
  if (outcome === undefined) return 'working';
  if (outcome.kind === 'cancelled') return 'cancelled';
  return outcome.kind === 'error' || (outcome.isError && !isModern) ? 'failed' : 'completed';
}

function taskOf(held: HeldCall, handle: string, isModern: boolean): Texts {
  const createdAt = new Date(held.startedMs).toISOString();
  const changedMs = held.outcome === undefined ? held.startedMs : held.endedMs;
  return new Map([
    ['taskId', JSON.stringify(handle)],
    ['status', `"${statusOf(held, isModern)}"`],
    ['createdAt', JSON.stringify(createdAt)],
    ['lastUpdatedAt', JSON.stringify(new Date(changedMs).toISOString())],
  ]);
}

/** A lifetime is counted from the beginning of a task, ours from its end: so none is promised before that is there. */
function lifetimeOf(held: HeldCall): string {
  return held.outcome === undefined ? 'null' : String(Math.ceil(held.expiresMs - held.startedMs));
}

function modernTask(held: HeldCall, handle: string): Texts {
  return taskOf(held, handle, true).set('ttlMs', lifetimeOf(held)).set('pollIntervalMs', String(POLL_MS));
}

function legacyTask(held: HeldCall, handle: string): Texts {
  return taskOf(held, handle, false).set('ttl', lifetimeOf(held)).set('pollInterval', String(POLL_MS));
}
