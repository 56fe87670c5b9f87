// Writes text to a file descriptor behind the caller: in order, bounded, one write at a time. A descriptor that takes
// nothing (closed, a full disk, a pipe that nobody reads) costs text, never the process, and is written to again when the
// next text comes.

import { write as writeFd } from 'node:fs';
import type { LogDestination } from './logger.ts';

/** Text that waits; beyond it lines are dropped. */
const MAX_PENDING_BYTES = 4_194_304;
/** How long a pipe that is full is left alone. */
const FULL_PIPE_MS = 50;
/** How long the end waits for what is pending. */
const FLUSH_LIMIT_MS = 1_000;

export interface FdDestination extends LogDestination {
  /** Resolves when what is pending was written or given up, or after a second. */
  flush(): Promise<void>;
}

export function createFdDestination(fd: number, maxPendingBytes = MAX_PENDING_BYTES): FdDestination {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    while (pending.length > 0) {
      let rest: Buffer = Buffer.concat(pending);
      pending = [];
      while (rest.length > 0) {
        const taken = await writeSome(fd, rest);
        if (taken === undefined) break;
        rest = rest.subarray(taken);
        pendingBytes -= taken;
      }
      pendingBytes -= rest.length;
    }
    writing = undefined;
  }

  return {
    write(text) {
      const bytes = Buffer.from(text);
      if (pendingBytes + bytes.length > maxPendingBytes) return;
      pending.push(bytes);
      pendingBytes += bytes.length;
      writing ??= writeAll();
    },
    async flush() {
      if (writing === undefined) return;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, FLUSH_LIMIT_MS);
      await Promise.race([writing, late]);
      clearTimeout(timer);
    },
  };
}

/** How many bytes went out, none while a pipe is full; undefined when it takes nothing. */
function writeSome(fd: number, bytes: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    writeFd(fd, bytes, (error, written) => {
      if (error === null) resolve(written);
      // A reader that never comes must not keep the process.
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(0), FULL_PIPE_MS).unref();
      else resolve(undefined);
    });
  });
}
