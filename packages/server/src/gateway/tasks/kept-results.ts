// Held calls as the store keeps them over a restart: those that are over with what they came to, if that is small enough,
// and those under way, of which nobody knows afterwards how far they came.

import { AppError } from '../../kernel/errors.ts';
import { MAX_KEPT_RESULT_BYTES, MAX_KEPT_RESULTS_BYTES } from '../limits.ts';
import type { ResultRecord, ResultStore } from '../ports.ts';
import { type RpcError, rpcErrorOf } from '../protocol/rpc.ts';
import type { HeldCall } from './held-call.ts';
import { type HeldOutcome, outcomeFromJson } from './held-outcome.ts';

type End = NonNullable<ResultRecord['end']>;

export class KeptResults {
  readonly #store: ResultStore;
  /** Bytes of those that are kept, by their ids. */
  readonly #bytes = new Map<string, number>();
  #allBytes = 0;

  constructor(store: ResultStore) {
    this.#store = store;
  }

  get earlier(): readonly ResultRecord[] {
    return this.#store.earlier;
  }

  put(held: HeldCall): void {
    const { ref, principal, tool, identity, isTask, startedMs } = held;
    this.#forget(ref.id);
    const end = this.#endOf(held);
    this.#store.put({ id: ref.id, principal, server: ref.server, tool, identity, isTask, startedMs, end });
  }

  remove({ ref }: HeldCall): void {
    this.#forget(ref.id);
    this.#store.remove(ref.id);
  }

  #forget(id: string): void {
    this.#allBytes -= this.#bytes.get(id) ?? 0;
    this.#bytes.delete(id);
  }

  #endOf({ ref, outcome, endedMs, isSeen }: HeldCall): End | undefined {
    if (outcome === undefined) return undefined;
    const { kind } = outcome;
    if (kind === 'cancelled') return { endedMs, isSeen, kind, json: undefined };
    const json = kind === 'result' ? outcome.json.toString() : errorText(outcome.error);
    const bytes = kind === 'result' ? outcome.json.length : Buffer.byteLength(json);
    if (bytes > MAX_KEPT_RESULT_BYTES || this.#allBytes + bytes > MAX_KEPT_RESULTS_BYTES)
      return { endedMs, isSeen, kind: 'unkept', json: undefined };
    this.#bytes.set(ref.id, bytes);
    this.#allBytes += bytes;
    return { endedMs, isSeen, kind, json };
  }
}

/** What the call of an earlier run came to, as far as that is known. */
export function outcomeOfRecord({ server, end }: ResultRecord): HeldOutcome {
  if (end === undefined) return { kind: 'error', error: cutOff(server) };
  switch (end.kind) {
    case 'result':
    case 'error':
      return outcomeFromJson(end.kind, end.json ?? '') ?? { kind: 'error', error: forgotten(server) };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'unkept':
      return { kind: 'error', error: unkept(server) };
  }
}

function errorText({ code, message, data }: RpcError): string {
  return JSON.stringify({ code, message, data });
}

function cutOff(server: string): RpcError {
  return unknown(
    server,
    `Tutti was restarted while ${server} was at the call. What the call has done by then is unknown: look before you call again.`,
  );
}

/** Of a handle that was given out by an earlier run, of which nothing more is there. */
export function forgotten(server: string): RpcError {
  return unknown(
    server,
    `Tutti was restarted since this handle was given out, and nothing was kept of the call of ${server}. What it has done is unknown: look before you call again.`,
  );
}

function unkept(server: string): RpcError {
  return unknown(
    server,
    `The call of ${server} came to its end, but its result was too large to be kept over the restart of Tutti since: ${MAX_KEPT_RESULT_BYTES} bytes is the limit, and ${MAX_KEPT_RESULTS_BYTES} for all. Look before you call again.`,
  );
}

function unknown(server: string, text: string): RpcError {
  return rpcErrorOf(new AppError('outcome_unknown', text, { details: { server } }));
}
