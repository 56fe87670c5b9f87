// Records what a link reports, and waits for it.

import { spanText, type Message } from '@tutti/wire';
import type { InstanceEnd } from '../../../src/gateway/ports.ts';
import type { LinkHandlers, OutgoingRequest, RequestFailure } from '../../../src/gateway/upstream/link.ts';
import { systemClock, type Clock } from '../../../src/kernel/clock.ts';

export interface Arrived {
  readonly text: string;
  readonly message: Message;
  readonly origin: number | undefined;
}

export class LinkRecorder implements LinkHandlers {
  readonly messages: Arrived[] = [];
  readonly failures = new Map<number, RequestFailure>();
  readonly strays: string[] = [];
  readonly ends: InstanceEnd[] = [];
  /** What happened, in order: `message`, `failed`, `stray`, `closed`. */
  readonly order: string[] = [];

  message(message: Message, origin: number | undefined): void {
    this.order.push('message');
    this.messages.push({ text: message.bytes.toString(), message, origin });
  }

  failed(requestId: number, failure: RequestFailure): void {
    this.order.push('failed');
    this.failures.set(requestId, failure);
  }

  stray(text: string): void {
    this.order.push('stray');
    this.strays.push(text);
  }

  closed(end: InstanceEnd): void {
    this.order.push('closed');
    this.ends.push(end);
  }

  /** The answer to a request, once it is there; its failure throws. */
  async answer(id: number): Promise<Arrived> {
    await until(() => this.#answerTo(id) !== undefined || this.failures.has(id));
    const arrived = this.#answerTo(id);
    if (arrived === undefined)
      throw new Error(`request ${id} failed: ${JSON.stringify(this.failures.get(id))}`);
    return arrived;
  }

  async failure(id: number): Promise<RequestFailure> {
    await until(() => this.failures.has(id) || this.#answerTo(id) !== undefined);
    const failure = this.failures.get(id);
    if (failure === undefined) throw new Error(`request ${id} was answered: ${this.#answerTo(id)?.text}`);
    return failure;
  }

  async end(): Promise<InstanceEnd> {
    await until(() => this.ends.length > 0);
    const [end] = this.ends;
    if (end === undefined) throw new Error('not closed');
    return end;
  }

  #answerTo(id: number): Arrived | undefined {
    return this.messages.find(
      ({ message }) =>
        (message.kind === 'result' || message.kind === 'error') &&
        message.id !== undefined &&
        spanText(message.bytes, message.id) === String(id),
    );
  }
}

/** Waits until the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

export function request(
  id: number,
  method = 'tools/call',
  more: Partial<OutgoingRequest> = {},
): OutgoingRequest {
  const bytes = Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{}}`);
  return { id, method, bytes, name: undefined, paramHeaders: undefined, ...more };
}

/** The system's clock, only that no wait is longer than 20 ms. */
export const fastClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  after: (delayMs, callback) => systemClock.after(Math.min(delayMs, 20), callback),
};
