// A state folder that takes nothing more, in the ways there are: a process that may not write to files any longer (for
// everybody on Linux), and a file system of its own that is full (where this user may mount one).

import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);

const REQUIRED = (process.env['TUTTI_TEST_REQUIRE'] ?? '').split(',').includes('tmpfs');

/** Whether a tmpfs can be mounted here; a line says so where not, and an error where TUTTI_TEST_REQUIRE wants one. */
export async function canMount(): Promise<boolean> {
  try {
    // In a mount namespace of its own: nothing of it is left.
    await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
    return true;
  } catch {
    const missing = 'no right to mount a tmpfs: run as root, with CAP_SYS_ADMIN';
    if (REQUIRED) throw new Error(`TUTTI_TEST_REQUIRE wants tmpfs, but there is ${missing}`);
    process.stderr.write(`SKIPPED tests of a full disk: ${missing}\n`);
    return false;
  }
}

/** From now on every write of the process to a file fails (EFBIG), or none. */
export async function limitFileSize(pid: number, limit: '0' | 'unlimited'): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--fsize=${limit}:`]);
}

export interface SmallDisk extends AsyncDisposable {
  /** Nothing more fits. */
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** Mounts one of 4 MB there. */
export async function mountSmallDisk(path: string): Promise<SmallDisk> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', path]);
  const filler = join(path, 'filler');
  return {
    async fill() {
      const zeros = Readable.from(Array.from({ length: 512 }, () => Buffer.alloc(16_384)));
      await pipeline(zeros, createWriteStream(filler)).catch(() => undefined);
    },
    empty: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', path]);
    },
  };
}
