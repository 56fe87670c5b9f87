// One process from its spawn until it and all of its descendants are gone. Whoever ends it, it or we, its group and
// what left the group are killed before `ended` settles, so that a wrapper which exits first leaves nothing behind.

import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import { endReason, REASON_LINES, type Exit } from './end-reason.ts';
import type { Family } from './family.ts';
import type { ProcessEnd, RunningProcess } from './process-types.ts';
import { readStderr } from './stderr-lines.ts';

/** How long the ends of stdout and stderr are waited for when everybody who could write to them is gone. */
const DRAIN_MS = 500;

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface SupervisedProcess extends RunningProcess {
  /** Stops it; the cause stands in the reason. */
  stopBecause(cause: string): Promise<ProcessEnd>;
  /** Settles when nothing is left of it; later than `ended` only for a process that SIGKILL does not end. */
  readonly gone: Promise<void>;
}

export interface SupervisedProcessDeps {
  readonly pid: number;
  readonly child: Child;
  readonly family: Family;
  readonly stopGraceMs: number;
  readonly clock: Clock;
  /** Takes a line of stderr, returns it fit to be shown. */
  readonly log: (line: string) => string;
  readonly unkillable: (survivors: number) => void;
}

export function superviseProcess(deps: SupervisedProcessDeps): SupervisedProcess {
  const { pid, child, family, stopGraceMs, clock } = deps;
  const stderrTail: string[] = [];
  const stopRequested = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<void>();
  let cause: string | undefined;
  let exit: Exit | undefined;

  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve();
    });
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // A pipe whose other end is gone is an outcome that `ended` tells, not an error of ours.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {});
  readStderr(child.stderr, clock, (line) => {
    stderrTail.push(deps.log(line));
    if (stderrTail.length > REASON_LINES) stderrTail.shift();
  });

  async function askToEnd(): Promise<void> {
    child.stdin.end();
    family.signalGroup('SIGTERM');
    const graceOver = Promise.withResolvers<void>();
    let over = false;
    using _timer = clock.after(stopGraceMs, () => {
      over = true;
      graceOver.resolve();
    });
    await Promise.race([exited, graceOver.promise]);
    await family.untilGone(() => over);
  }

  async function run(): Promise<void> {
    await Promise.race([exited, stopRequested.promise]);
    if (exit === undefined) await askToEnd();
    await family.kill((survivors) => {
      deps.unkillable(survivors);
      gaveUp.resolve();
    });
    await exited;
    const late = Promise.withResolvers<void>();
    using _timer = clock.after(DRAIN_MS, late.resolve);
    await Promise.race([closed, late.promise]);
  }

  const gone = run();
  const ended = Promise.race([gone, gaveUp.promise]).then((): ProcessEnd => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    return {
      code: exit?.code ?? null,
      signal: exit?.signal ?? null,
      reason: endReason(exit, cause, stderrTail),
    };
  });

  function stopBecause(why: string): Promise<ProcessEnd> {
    // The first cause stands; of a process that has ended by itself there is none.
    if (exit === undefined) cause ??= why;
    stopRequested.resolve();
    return ended;
  }

  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    gone,
    stop: () => stopBecause('stopped'),
    stopBecause,
  };
}
