// Child processes of tests: Node with our export condition, their output kept, and gone when the test is.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

const STOP_GRACE_MS = 15_000;

export interface TestProcess extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  /** Everything it wrote so far, stdout and stderr together, for messages of failed tests. */
  output(): string;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** SIGTERM, after a grace SIGKILL; resolves when it is gone. */
  readonly close: () => Promise<void>;
}

export interface ProcessOptions {
  readonly cwd?: string | undefined;
  /** Added to the environment of the test. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Arguments for Node that run a TypeScript file of this repository. */
export function nodeArgs(file: string | URL, ...args: string[]): string[] {
  return ['--conditions=@tutti/source', file instanceof URL ? file.pathname : file, ...args];
}

export function startProcess(
  command: string,
  args: readonly string[],
  { cwd, env }: ProcessOptions = {},
): TestProcess {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on('error', () => {
    // The process has gone; `ended` tells.
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(String(error)));
      resolve({ code: null, signal: null });
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(timer);
  };
  return {
    child,
    output: () => Buffer.concat(chunks).toString(),
    ended,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The first line that the process writes on stdout; rejects when it ends before. */
export async function firstLine(process: TestProcess): Promise<string> {
  let text = '';
  const abort = new AbortController();
  void process.ended.then(() => abort.abort());
  for (;;) {
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
    try {
      const [chunk] = await once(process.child.stdout, 'data', { signal: abort.signal });
      text += String(chunk);
    } catch (cause) {
      throw new Error(`the process ended before its first line:\n${process.output()}`, { cause });
    }
  }
}
