// One log file, appended in batches and rotated: at most twice `maxBytes` on disk, at most MAX_PENDING_BYTES in memory.
// A disk that is slow or full costs lines, never the process.

import { appendFile, rename, stat } from 'node:fs/promises';

/** Lines that wait for the disk; beyond it they are dropped and counted. */
export const MAX_PENDING_BYTES = 1_048_576;

export interface LogFile {
  append(line: string): void;
  /** Resolves when everything appended so far was written or given up. */
  flush(): Promise<void>;
}

export interface LogFileDeps {
  readonly path: string;
  readonly maxBytes: number;
  /** Told once when writing begins to fail. */
  readonly failed: (path: string, error: unknown) => void;
}

export function createLogFile({ path, maxBytes, failed }: LogFileDeps): LogFile {
  let pending: string[] = [];
  let pendingBytes = 0;
  let dropped = 0;
  let fileBytes: number | undefined;
  let failing = false;
  let draining: Promise<void> | undefined;

  function takePending(): string {
    if (dropped > 0)
      pending.push(`... ${dropped} lines were not written: they came faster than the disk takes them\n`);
    const text = pending.join('');
    pending = [];
    pendingBytes = 0;
    dropped = 0;
    return text;
  }

  async function write(text: string): Promise<void> {
    fileBytes ??= await sizeOf(path);
    if (fileBytes > 0 && fileBytes + text.length > maxBytes) {
      await rename(path, `${path}.1`);
      fileBytes = 0;
    }
    await appendFile(path, text, { mode: 0o600 });
    fileBytes += Buffer.byteLength(text);
  }

  async function drain(): Promise<void> {
    while (pending.length > 0) {
      try {
        await write(takePending());
        failing = false;
      } catch (error) {
        fileBytes = undefined;
        if (!failing) failed(path, error);
        failing = true;
      }
    }
    draining = undefined;
  }

  return {
    append(line) {
      if (pendingBytes + line.length > MAX_PENDING_BYTES) {
        dropped += 1;
        return;
      }
      pending.push(`${line}\n`);
      pendingBytes += line.length + 1;
      draining ??= drain();
    },
    flush: async () => draining,
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
