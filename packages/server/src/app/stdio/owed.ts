// What one POST owes the client: an answer to every request in it, whatever becomes of the POST. What the host says to
// the POST as a whole is said to each of its requests; a batch is answered by one array, as JSON-RPC has it.

import {
  cutEdits,
  errorResponse,
  isScanFailure,
  type Message,
  scanMessage,
  setId,
  spanText,
  splice,
} from '@tutti/wire';
import type { Outgoing } from './outgoing.ts';

const UNAVAILABLE = -32000;
/** Answers of a batch are gathered up to this; what comes then is written apart. */
const MAX_GATHERED_BYTES = 64 << 20;

export interface Owed {
  /** Whether the request, if it was a single one, got a result. */
  readonly succeeded: boolean;
  /** Whether requests still wait for an answer. */
  readonly open: boolean;
  /** A message that came; `refused`: the host refused the POST as a whole with it. */
  take(bytes: Buffer, refused: boolean): void;
  /** The client cancelled the request: no answer is made up for it. */
  forgive(id: string): void;
  /** Nothing more comes. Requests without an answer get this one. */
  settle(reason: string): void;
}

/** `pass` gets whatever is for the client; the message is undefined for an array of them. */
export function createOwed(
  { ids, isBatch }: Pick<Outgoing, 'ids' | 'isBatch'>,
  pass: (bytes: Buffer, message: Message | undefined) => void,
): Owed {
  const open = new Set(ids);
  let succeeded = false;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;

  function flush(): void {
    if (gathered.length === 0) return;
    const items = gathered.flatMap((answer, index) => (index === 0 ? [answer] : [COMMA, answer]));
    gathered = [];
    gatheredBytes = 0;
    pass(Buffer.concat([OPEN, ...items, CLOSE]), undefined);
  }

  function answer(bytes: Buffer, message: Message | undefined): void {
    if (!isBatch) return pass(bytes, message);
    gathered.push(Buffer.from(bytes));
    gatheredBytes += bytes.length;
    if (gatheredBytes > MAX_GATHERED_BYTES) flush();
  }

  return {
    get succeeded() {
      return succeeded;
    },
    get open() {
      return open.size > 0;
    },
    take(bytes, refused) {
      const message = scanMessage(bytes);
      // What is no message comes from something in between, and must not reach a client that reads messages.
      if (isScanFailure(message)) return;
      if (message.kind === 'request' || message.kind === 'notification') return pass(bytes, message);
      const id = message.id === undefined ? undefined : spanText(bytes, message.id);
      if (id !== undefined) {
        open.delete(id);
        succeeded = message.kind === 'result';
        return answer(bytes, message);
      }
      if (isBatch && !refused) return answer(bytes, message);
      for (const each of open) answer(splice(bytes, [setId(message, each), ...cutEdits(message)]), undefined);
      open.clear();
    },
    forgive(id) {
      open.delete(id);
    },
    settle(reason) {
      for (const id of open) answer(errorResponse(id, UNAVAILABLE, reason), undefined);
      open.clear();
      flush();
    },
  };
}

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
