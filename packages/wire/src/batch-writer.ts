// Writes to a stream; where much is written in one turn of the event loop it goes out in few writes. It holds a bounded number of
// bytes for a reader that does not read, and refuses the rest; it never throws and never waits.

import type { Writable } from 'node:stream';

export interface BatchWriterOptions {
  /** The most bytes that wait, here and in the stream. A write that would exceed it is refused. */
  readonly maxQueuedBytes: number;
  /** The stream failed, EPIPE included; called at most once. */
  readonly onError: (error: Error) => void;
}

export interface BatchWriter {
  /** False if the chunk was refused: the queue is full, or the stream has ended or failed. */
  write(chunk: Buffer | string): boolean;
  /** Writes what is queued and ends the stream. */
  end(): void;
}

/** Up to this many bytes copying them into one buffer is cheaper than handing the kernel a list. */
const MAX_CONCAT_BYTES = 64 * 1024;
/** So many chunks do not wait for the end of the turn: the reader can work on them while we make the next ones. */
export const MAX_BATCH = 10;

export function createBatchWriter(
  stream: Writable,
  { maxQueuedBytes, onError }: BatchWriterOptions,
): BatchWriter {
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  /** Chunks of this turn of the event loop, and of the last one with any. */
  let inTurn = 0;
  let lastTurn = 0;
  let failed = false;
  let ended = false;

  stream.on('error', (error) => {
    if (failed) return;
    failed = true;
    queue = [];
    queuedBytes = 0;
    onError(error);
  });

  function flush(): void {
    const chunks = queue;
    const bytes = queuedBytes;
    queue = [];
    queuedBytes = 0;
    if (chunks.length === 0 || !stream.writable) return;
    const [first] = chunks;
    if (first !== undefined && chunks.length === 1) {
      stream.write(first);
    } else if (bytes <= MAX_CONCAT_BYTES) {
      stream.write(Buffer.concat(chunks, bytes));
    } else {
      stream.cork();
      for (const chunk of chunks) stream.write(chunk);
      stream.uncork();
    }
  }

  function endTurn(): void {
    lastTurn = inTurn;
    inTurn = 0;
    flush();
  }

  return {
    write(chunk) {
      if (failed || ended || !stream.writable) return false;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (stream.writableLength + queuedBytes + bytes.length > maxQueuedBytes) return false;
      queuedBytes += bytes.length;
      const waiting = queue.push(bytes);
      inTurn++;
      if (inTurn === 1) {
        setImmediate(endTurn);
        // Nothing comes along with it, as far as can be told: a single caller does not wait for the end of the turn.
        if (lastTurn <= 1) flush();
      } else if (waiting === MAX_BATCH) flush();
      return true;
    },
    end() {
      if (ended) return;
      ended = true;
      flush();
      stream.end();
    },
  };
}
