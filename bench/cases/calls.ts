// Calls per second and latency: for each cell (path, era, payload, callers) all targets run in turn, round after
// round, so that each pair of neighbouring runs saw the same machine. What is compared is the median of the pairs.

import type { Generator, RunResult } from '../load/client.ts';
import { median } from '../load/latencies.ts';
import type { Era, Payload } from '../load/requests.ts';
import { cpuTimeMs } from '../targets/process.ts';
import type { Path, Target, TargetName } from '../targets/target.ts';

export interface Pace {
  readonly warmUpSeconds: number;
  readonly runSeconds: number;
  readonly rounds: number;
}

export interface Cell {
  readonly path: Path;
  readonly era: Era;
  readonly payload: Payload;
  readonly callers: number;
}

export interface CellRow {
  readonly target: TargetName;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the target's own process for one call. */
  readonly cpuUs: number;
  /** The median, over the rounds, of this target's throughput over another's in the same round. */
  readonly throughputOver: Partial<Record<TargetName, number>>;
  /** Likewise the difference of the p50 and p99. */
  readonly p50AddedTo: Partial<Record<TargetName, number>>;
  readonly p99AddedTo: Partial<Record<TargetName, number>>;
  readonly generatorBusy: number;
  readonly perSecondOfRounds: readonly number[];
}

export interface CellResult extends Cell {
  readonly rows: readonly CellRow[];
}

interface Round extends RunResult {
  readonly cpuUs: number;
}

export async function measureCell(
  generator: Generator,
  cell: Cell,
  targets: readonly Target[],
  pace: Pace,
): Promise<CellResult> {
  for (const target of targets) {
    await generator.open(target.name, {
      url: target.url,
      era: cell.era,
      callers: cell.callers,
      sessions: target.sessions,
      tool: target.tools[cell.payload],
      payload: cell.payload,
    });
    await generator.run(target.name, pace.warmUpSeconds);
  }
  const rounds = new Map<TargetName, Round[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    // A B C, C B A, …: a drift of the machine's speed favours nobody.
    const order = round % 2 === 0 ? targets : targets.toReversed();
    for (const target of order) {
      const before = cpuTimeMs(target.pid);
      const result = await generator.run(target.name, pace.runSeconds);
      const cpuUs = ((cpuTimeMs(target.pid) - before) * 1000) / result.calls;
      rounds.get(target.name)?.push({ ...result, cpuUs });
    }
  }
  for (const target of targets) await generator.close(target.name);
  return { ...cell, rows: targets.map(({ name }) => summarizeRow(name, rounds)) };
}

function summarizeRow(target: TargetName, all: ReadonlyMap<TargetName, readonly Round[]>): CellRow {
  const own = all.get(target) ?? [];
  const middle = (read: (round: Round) => number): number => median(own.map(read));
  const against = (compare: (mine: Round, other: Round) => number): Partial<Record<TargetName, number>> => {
    const found: Partial<Record<TargetName, number>> = {};
    for (const [name, others] of all) {
      const pairs = own.flatMap((mine, index) => {
        const other = others[index];
        return other === undefined ? [] : [compare(mine, other)];
      });
      if (name !== target) found[name] = median(pairs);
    }
    return found;
  };
  return {
    target,
    perSecond: middle((round) => round.perSecond),
    p50Ms: middle((round) => round.latency.p50Ms),
    p99Ms: middle((round) => round.latency.p99Ms),
    cpuUs: middle((round) => round.cpuUs),
    throughputOver: against((mine, other) => mine.perSecond / other.perSecond),
    p50AddedTo: against((mine, other) => mine.latency.p50Ms - other.latency.p50Ms),
    p99AddedTo: against((mine, other) => mine.latency.p99Ms - other.latency.p99Ms),
    generatorBusy: middle((round) => round.generatorBusy),
    perSecondOfRounds: own.map((round) => round.perSecond),
  };
}
