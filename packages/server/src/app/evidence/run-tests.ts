// Runs a declared command in its root and tells how it ended. It is a process like any other that Tutti starts: in a group
// of its own, without a shell, with little of the environment, ended with all that it started.

import type { EvidenceSettings } from '@tutti/schemas';
import type { RunFact } from '../../coordination/evidence/ports.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ProcessRunner } from '../../runner/process/process-runner.ts';
import { resolveInside, unknown } from './rooted-path.ts';

/** At once; one more is told to come again. */
export const MAX_TEST_RUNS = 4;
const STOP_GRACE_MS = 2_000;
/** Where what they complain of is logged; no server has this name. */
const LOG = 'tutti';

export interface RunTestsDeps {
  readonly settings: () => EvidenceSettings;
  readonly runner: Pick<ProcessRunner, 'start'>;
  readonly clock: Pick<Clock, 'after'>;
}

export function createTestRuns({ settings, runner, clock }: RunTestsDeps) {
  let running = 0;

  async function run(name: string, signal: AbortSignal): Promise<RunFact> {
    const { roots, commands } = settings();
    const declared = commands.find((one) => one.name === name);
    if (declared === undefined)
      return unknown(
        `no command \`${name}\` is declared`,
        'have it added to `coordination.evidence.commands` of the Gateway, or demand that the agent runs it',
      );
    if (running >= MAX_TEST_RUNS)
      return unknown(`${MAX_TEST_RUNS} tests are running already`, 'submit again when one has ended');
    running += 1;
    try {
      const folder = await resolveInside(roots, { root: declared.root, path: '.' });
      if (folder.kind === 'unknown') return folder;
      if (folder.kind === 'absent')
        return unknown(
          `the root \`${declared.root}\` is not there`,
          'have it created, or corrected in the Gateway',
        );
      await using process = await start(declared, folder.path, signal);
      let isLate = false;
      using _timer = clock.after(declared.timeoutMs, () => {
        isLate = true;
        void process.stop();
      });
      const stop = (): void => void process.stop();
      signal.addEventListener('abort', stop, { once: true });
      const { code, reason } = await process.ended;
      signal.removeEventListener('abort', stop);
      signal.throwIfAborted();
      if (isLate) return { kind: 'timed_out', timeoutMs: declared.timeoutMs };
      return { kind: 'ended', exitCode: code ?? -1, how: code === 0 ? '' : reason };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      return unknown(`\`${name}\` can't be started: ${error.message}`, 'have its declaration corrected');
    } finally {
      running -= 1;
    }
  }

  async function start(
    { name, command, args }: EvidenceSettings['commands'][number],
    workdir: string,
    signal: AbortSignal,
  ) {
    const process = await runner.start(
      {
        server: LOG,
        instance: `tests/${name}`,
        command,
        args,
        env: {},
        workdir,
        stopGraceMs: STOP_GRACE_MS,
      },
      signal,
    );
    // Nobody reads what it says; unread it would block.
    process.stdout.resume();
    process.stdin.end();
    return {
      ended: process.ended,
      stop: () => process.stop(),
      [Symbol.asyncDispose]: async () => void (await process.stop()),
    };
  }

  return run;
}
