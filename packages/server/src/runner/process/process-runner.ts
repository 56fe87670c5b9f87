// Starts processes, counts them, caps them, and ends them: one by one, all at dispose, and by the guardian when Tutti
// itself is killed. Creating a runner begins to kill what earlier runs on the same state folder left behind: create it
// only while holding the owner lock.

import { spawn } from 'node:child_process';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { childEnvironment, type BaseEnvironment } from './child-environment.ts';
import { findProgram, spawnFailure } from './command.ts';
import { createFamily, type FamilyKey } from './family.ts';
import { createGuardian, type GuardianDeps } from './guardian.ts';
import { killLeftovers } from './leftovers.ts';
import { createMemoryWatch, formatBytes } from './memory-watch.ts';
import { processTag, runPrefix, type OwnerId } from './owner-tag.ts';
import { createProcessTable } from './process-table.ts';
import type { ProcessInfo, ProcessSpec, RunningProcess } from './process-types.ts';
import { superviseProcess, type Child, type SupervisedProcess } from './supervised-process.ts';

/** Processes at the same time, their own descendants not counted. */
const DEFAULT_MAX_PROCESSES = 512;

export interface ProcessRunner extends AsyncDisposable {
  /** The signal stops the starting; a started process is ended by its `stop`. Rejects with an AppError. */
  start(spec: ProcessSpec, signal: AbortSignal): Promise<RunningProcess>;
  running(): ProcessInfo[];
}

export interface ProcessRunnerDeps {
  readonly ownerId: OwnerId;
  /** Tutti's own environment, of which children see little. */
  readonly baseEnv: BaseEnvironment;
  readonly platform: NodeJS.Platform;
  readonly logs: { append(server: string, stream: 'stderr', line: string): string };
  readonly events: GuardianDeps['events'] & {
    processStarted(server: string, pid: number): void;
    processEnded(server: string, pid: number, reason: string): void;
    processUnkillable(server: string, pid: number, survivors: number): void;
    processLimitReached(server: string, limit: number): void;
    memoryLimitNotEnforced(server: string): void;
    leftoversKilled(count: number): void;
  };
  readonly clock: Clock;
  readonly maxProcesses?: number;
}

interface Entry {
  readonly spec: ProcessSpec;
  readonly key: FamilyKey;
  readonly process: SupervisedProcess;
  readonly startedAtMs: number;
  rssBytes: number | undefined;
}

export function createProcessRunner(deps: ProcessRunnerDeps): ProcessRunner {
  const { ownerId, baseEnv, platform, logs, events, clock } = deps;
  const maxProcesses = deps.maxProcesses ?? DEFAULT_MAX_PROCESSES;
  if (platform === 'win32') {
    throw new AppError('unavailable', 'Windows is not supported yet; run tutti in WSL, or on Linux or macOS');
  }

  const table = createProcessTable(platform);
  const entries = new Set<Entry>();
  const swept = sweep();
  const guardian = createGuardian({
    tagPrefix: runPrefix(ownerId),
    path: childEnvironment(baseEnv, {}, '').PATH ?? '',
    clock,
    events,
  });
  const memoryWatch =
    table === undefined
      ? undefined
      : createMemoryWatch({ table, clock, watched: () => [...entries].map(watch) });
  let starting = 0;
  let sequence = 0;
  let disposed = false;

  async function sweep(): Promise<void> {
    if (table !== undefined) events.leftoversKilled(await killLeftovers(table, ownerId));
  }

  function watch(entry: Entry) {
    return {
      key: entry.key,
      sampled(rssBytes: number): void {
        entry.rssBytes = rssBytes;
        const limit = entry.spec.memoryBytes;
        if (limit === undefined || rssBytes <= limit) return;
        void entry.process.stopBecause(
          `memory limit ${formatBytes(limit)} exceeded: ${formatBytes(rssBytes)} in use`,
        );
      },
    };
  }

  function requireStartable(signal: AbortSignal): void {
    if (disposed) throw new AppError('unavailable', 'tutti is shutting down');
    if (signal.aborted) throw new AppError('cancelled', 'the start was cancelled', { cause: signal.reason });
  }

  async function startCounted(spec: ProcessSpec, signal: AbortSignal): Promise<RunningProcess> {
    await swept;
    sequence += 1;
    const tag = processTag(ownerId, sequence);
    const env = childEnvironment(baseEnv, spec.env, tag);
    const program = await findProgram(spec.command, env['PATH'] ?? '', spec.workdir);
    requireStartable(signal);
    const { child, pid } = await spawnChild(program, spec, env);
    return enter(spec, child, { pid, tag });
  }

  function enter(spec: ProcessSpec, child: Child, key: FamilyKey): RunningProcess {
    const { server } = spec;
    const { pid } = key;
    guardian.add(pid);
    const supervised = superviseProcess({
      pid,
      child,
      family: createFamily(key, table),
      stopGraceMs: spec.stopGraceMs,
      clock,
      log: (line) => logs.append(server, 'stderr', line),
      unkillable: (survivors) => events.processUnkillable(server, pid, survivors),
    });
    const entry: Entry = { spec, key, process: supervised, startedAtMs: clock.nowMs(), rssBytes: undefined };
    entries.add(entry);
    events.processStarted(server, pid);
    if (spec.memoryBytes !== undefined && table === undefined) events.memoryLimitNotEnforced(server);
    void supervised.gone.then(async () => {
      guardian.remove(pid);
      entries.delete(entry);
      events.processEnded(server, pid, (await supervised.ended).reason);
    });
    return supervised;
  }

  return {
    async start(spec, signal) {
      requireStartable(signal);
      if (entries.size + starting >= maxProcesses) {
        events.processLimitReached(spec.server, maxProcesses);
        throw new AppError(
          'overloaded',
          `the limit of ${maxProcesses} processes is reached; suspend servers, or lower the number of their instances`,
        );
      }
      starting += 1;
      try {
        return await startCounted(spec, signal);
      } finally {
        starting -= 1;
      }
    },
    running: () =>
      [...entries].map(({ spec, process, startedAtMs, rssBytes }) => ({
        pid: process.pid,
        server: spec.server,
        instance: spec.instance,
        startedAtMs,
        rssBytes,
      })),
    async [Symbol.asyncDispose]() {
      disposed = true;
      memoryWatch?.[Symbol.dispose]();
      await Promise.all([...entries].map((entry) => entry.process.stop()));
      await guardian[Symbol.asyncDispose]();
    },
  };
}

/** No shell; a session and group of its own. */
async function spawnChild(
  program: string,
  spec: ProcessSpec,
  env: Record<string, string>,
): Promise<{ readonly child: Child; readonly pid: number }> {
  try {
    const child = spawn(program, spec.args, { cwd: spec.workdir, env, detached: true, stdio: 'pipe' });
    if (child.pid !== undefined) return { child, pid: child.pid };
    throw await new Promise<Error>((resolve) => child.once('error', resolve));
  } catch (error) {
    throw spawnFailure(error instanceof Error ? error : new Error(String(error)), program);
  }
}
