// A runner with a state folder of its own, real processes, and a record of what it reported.

import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createOwnerId, type OwnerId } from '../../../src/runner/process/owner-tag.ts';
import { createProcessRunner, type ProcessRunner } from '../../../src/runner/process/process-runner.ts';
import type { ProcessSpec } from '../../../src/runner/process/process-types.ts';

export const programs = fileURLToPath(new URL('../../../../../test/programs/processes/', import.meta.url));
export const never = new AbortController().signal;

export interface TestRunner extends AsyncDisposable {
  readonly runner: ProcessRunner;
  readonly ownerId: OwnerId;
  readonly stateDir: string;
  readonly reported: string[];
  readonly stderr: string[];
}

let runs = 0;

export function createTestRunner(
  options: {
    readonly maxProcesses?: number;
    readonly env?: Record<string, string>;
    readonly platform?: NodeJS.Platform;
    readonly stateDir?: string;
    /** Time goes so many times faster. */
    readonly haste?: number;
  } = {},
): TestRunner {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'tutti-runner-'));
  const reported: string[] = [];
  const stderr: string[] = [];
  runs += 1;
  const ownerId = createOwnerId(statSync(stateDir, { bigint: true }), `t${process.pid}x${runs}`);
  const runner = createProcessRunner({
    ownerId,
    baseEnv: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    platform: options.platform ?? process.platform,
    logs: {
      append(_server, _stream, line) {
        stderr.push(line);
        return line;
      },
    },
    events: {
      processStarted: (server) => reported.push(`started ${server}`),
      processEnded: (server, _pid, reason) => reported.push(`ended ${server}: ${reason}`),
      processUnkillable: (server) => reported.push(`unkillable ${server}`),
      processLimitReached: (server, limit) => reported.push(`limit ${limit} reached by ${server}`),
      memoryLimitNotEnforced: (server) => reported.push(`memory limit of ${server} not enforced`),
      leftoversKilled: (count) => reported.push(`leftovers killed: ${count}`),
      guardianLost: () => reported.push('guardian lost'),
      guardianUnavailable: () => reported.push('guardian unavailable'),
    },
    clock: {
      nowMs: () => systemClock.nowMs(),
      after: (delayMs, callback) => systemClock.after(delayMs / (options.haste ?? 1), callback),
    },
    ...(options.maxProcesses === undefined ? {} : { maxProcesses: options.maxProcesses }),
  });
  return {
    runner,
    ownerId,
    stateDir,
    reported,
    stderr,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** A fixture program of test/programs/processes. */
export function program(
  file: string,
  args: readonly string[] = [],
  more: Partial<ProcessSpec> = {},
): ProcessSpec {
  return {
    server: file.replace(/\..*/, ''),
    instance: 'shared',
    command: process.execPath,
    args: [join(programs, file), ...args],
    env: {},
    workdir: programs,
    stopGraceMs: 10_000,
    ...more,
  };
}

export function shell(script: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return { ...program('shell'), command: 'sh', args: ['-c', script], ...more };
}

/** The first chunk of output, as words. */
export async function firstWords(stdout: Readable): Promise<string[]> {
  const [chunk] = await once(stdout, 'data');
  return String(chunk).trim().split(' ');
}

/** Process ids whose environment holds the text; zombies have none. */
export function carriers(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => readProc(pid, 'environ').includes(text));
}

/** Process ids whose command line holds the text. */
export function commandsWith(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && readProc(pid, 'cmdline').includes(text));
}

export function isAlive(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
