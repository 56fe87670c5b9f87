// Newline-delimited framing, as MCP's stdio transport has it: one message per line, CRLF accepted, empty lines skipped.
// A line is a view: on its chunk, or on a buffer that is used again. It is good until the next chunk is pushed; copy what
// is kept longer. Of a long line never more than the limit and a chunk is held.

import { CR, LF } from './ascii.ts';
import { HeldBytes } from './held-bytes.ts';

export interface LineSplitterOptions {
  /** The longest line, without its terminator. */
  readonly maxLineBytes: number;
  readonly onLine: (line: Buffer) => void;
  /** A line is too long and is discarded up to its end; called once for it, as soon as this is known. */
  readonly onOversize: (bytesSoFar: number) => void;
  /** The end of that line: its first and its last bytes, at most OVERSIZE_ENDS_BYTES of each. */
  readonly onOversizeEnd?: (head: Buffer, tail: Buffer) => void;
}

export const OVERSIZE_ENDS_BYTES = 256;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** The stream is over: what came after the last newline is a line too. */
  end(): void;
}

export function createLineSplitter(options: LineSplitterOptions): LineSplitter {
  const { maxLineBytes, onLine, onOversize, onOversizeEnd } = options;
  const held = new HeldBytes();
  /** What is kept of a line that is too long; undefined: none is being discarded. */
  let discarded: { readonly head: Buffer; tail: Buffer } | undefined;

  function emit(bytes: Buffer): void {
    const line = bytes[bytes.length - 1] === CR ? bytes.subarray(0, -1) : bytes;
    if (line.length > maxLineBytes) {
      onOversize(line.length);
      onOversizeEnd?.(line.subarray(0, OVERSIZE_ENDS_BYTES), line.subarray(-OVERSIZE_ENDS_BYTES));
    } else if (line.length > 0) onLine(line);
  }

  function discard(bytes: Buffer): void {
    if (discarded === undefined) {
      const head = Buffer.from(bytes.subarray(0, OVERSIZE_ENDS_BYTES));
      discarded = { head, tail: Buffer.from(bytes.subarray(-OVERSIZE_ENDS_BYTES)) };
      onOversize(bytes.length);
    } else {
      const last = bytes.subarray(-OVERSIZE_ENDS_BYTES);
      discarded.tail = Buffer.concat([discarded.tail, last]).subarray(-OVERSIZE_ENDS_BYTES);
    }
  }

  function finishDiscarded(): void {
    if (discarded === undefined) return;
    const { head, tail } = discarded;
    discarded = undefined;
    onOversizeEnd?.(head, tail);
  }

  /** Keeps the start of a line, unless it can't become one that is short enough. */
  function keep(start: Buffer): void {
    const bytes = held.length + start.length;
    const mayEndInCrlf = bytes === maxLineBytes + 1 && start[start.length - 1] === CR;
    if (discarded !== undefined) return discard(start);
    held.add(start);
    if (bytes > maxLineBytes && !mayEndInCrlf) discard(held.lend());
  }

  return {
    push(chunk) {
      let start = 0;
      for (;;) {
        const newline = chunk.indexOf(LF, start);
        if (newline === -1) break;
        const line = chunk.subarray(start, newline);
        start = newline + 1;
        if (discarded !== undefined) {
          discard(line);
          finishDiscarded();
        } else if (held.length === 0) {
          emit(line);
        } else {
          held.add(line);
          emit(held.lend());
        }
      }
      if (start < chunk.length) keep(chunk.subarray(start));
    },
    end() {
      finishDiscarded();
      if (held.length > 0) emit(held.lend());
    },
  };
}
