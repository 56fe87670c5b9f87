// A process under measurement: started, waited for, accounted for, stopped.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 2;
/** The unit of the times in /proc/PID/stat, on every Linux. */
const TICK_MS = 10;

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Waits until the condition yields something; fails with the last output when the process ends first. */
  waitFor<T>(probe: () => Promise<T | undefined> | T | undefined, timeoutMs?: number): Promise<T>;
  output(): string;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export function start({ command, args, env, cwd }: Command): Running {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    cwd,
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => undefined);
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    const settle = (reason: string): void => {
      ended ??= reason;
      resolve();
    };
    child.once('exit', (code, signal) => settle(`ended with ${code ?? signal}`));
    child.once('error', (error) => settle(error.message));
  });

  return {
    pid: child.pid ?? 0,
    output: () => text,
    async waitFor(probe, timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs;
      const line = `${command} ${args.join(' ')}`;
      try {
        for (;;) {
          const found = await probe();
          if (found !== undefined) return found;
          if (ended !== undefined) throw new Error('it ended');
          if (performance.now() > deadline) throw new Error('not ready in time');
          await sleep(POLL_MS);
        }
      } catch (cause) {
        throw new Error(`${line}: ${ended ?? 'failed'}\n${text}`, { cause });
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await end;
      clearTimeout(timer);
    },
  };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** User and system time so far, in milliseconds; NaN where /proc is not to be had. */
export function cpuTimeMs(pid: number): number {
  const [, rest = ''] = readProc(pid, 'stat').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readProc(pid, 'status'))?.[1]) * 1024;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
