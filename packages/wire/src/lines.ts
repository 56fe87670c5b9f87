// Newline-delimited framing, as MCP's stdio transport has it: one message per line, CRLF accepted, empty lines skipped.
// A line that lies in one chunk is a view on it: copy what is kept for long. Of a longer one never more than the limit
// and a chunk is held.

import { CR, LF } from './ascii.ts';
import { HeldBytes } from './held-bytes.ts';

export interface LineSplitterOptions {
  /** The longest line, without its terminator. */
  readonly maxLineBytes: number;
  readonly onLine: (line: Buffer) => void;
  /** A line is too long and is discarded up to its end; called once for it, as soon as this is known. */
  readonly onOversize: (bytesSoFar: number) => void;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** The stream is over: what came after the last newline is a line too. */
  end(): void;
}

export function createLineSplitter({ maxLineBytes, onLine, onOversize }: LineSplitterOptions): LineSplitter {
  const held = new HeldBytes();
  let discarding = false;

  function emit(bytes: Buffer): void {
    const line = bytes[bytes.length - 1] === CR ? bytes.subarray(0, -1) : bytes;
    if (line.length > maxLineBytes) onOversize(line.length);
    else if (line.length > 0) onLine(line);
  }

  /** Keeps the start of a line, unless it can't become one that is short enough. */
  function keep(start: Buffer): void {
    const bytes = held.length + start.length;
    const mayEndInCrlf = bytes === maxLineBytes + 1 && start[start.length - 1] === CR;
    if (bytes <= maxLineBytes || mayEndInCrlf) {
      held.add(start);
      return;
    }
    held.take();
    discarding = true;
    onOversize(bytes);
  }

  return {
    push(chunk) {
      let start = 0;
      for (;;) {
        const newline = chunk.indexOf(LF, start);
        if (newline === -1) break;
        const line = chunk.subarray(start, newline);
        start = newline + 1;
        if (discarding) {
          discarding = false;
        } else if (held.length === 0) {
          emit(line);
        } else {
          held.add(line);
          emit(held.take());
        }
      }
      if (!discarding && start < chunk.length) keep(chunk.subarray(start));
    },
    end() {
      discarding = false;
      if (held.length > 0) emit(held.take());
    },
  };
}
