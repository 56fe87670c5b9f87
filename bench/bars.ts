// The bars that the numbers must clear, as data. A bar whose part was not run has no value and is not judged.

import { CALLERS } from './cases/all-calls.ts';
import type { StoreResult } from './cases/coordination/coordination.ts';
import type { CellRow } from './cases/calls.ts';
import type { Payload } from './load/requests.ts';
import type { BenchResults } from './results.ts';
import { pathText, type Path, type TargetName } from './targets/target.ts';

export interface Bar {
  readonly what: string;
  readonly unit: '×' | 'ms' | 'MB' | '';
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly value: (results: BenchResults) => number | undefined;
}

const MB = 1024 * 1024;
const PATHS: readonly Path[] = ['http-stdio', 'http-http'];

function row(results: BenchResults, path: Path, payload: Payload, callers: number): CellRow | undefined {
  return results.cells
    ?.find(
      (cell) =>
        cell.path === path && cell.era === 'legacy' && cell.payload === payload && cell.callers === callers,
    )
    ?.rows.find(({ target }) => target === 'tutti');
}

function throughputBar(
  path: Path,
  payload: Payload,
  callers: number,
  over: TargetName,
  atLeast: number,
): Bar {
  return {
    what: `${pathText(path)}, ${payload}, ${callers} caller${callers === 1 ? '' : 's'}: calls/s over ${over}`,
    unit: '×',
    atLeast,
    value: (results) => row(results, path, payload, callers)?.throughputOver[over],
  };
}

export const BARS: readonly Bar[] = [
  ...PATHS.flatMap((path) => [1, 32].map((callers) => throughputBar(path, 'small', callers, 'floor', 0.85))),
  ...PATHS.flatMap((path) => CALLERS.map((callers) => throughputBar(path, 'big', callers, 'floor', 1))),
  ...(['supergateway', 'mcp-proxy'] as const).flatMap((peer) =>
    CALLERS.map((callers) => throughputBar('http-stdio', 'small', callers, peer, callers === 1 ? 2.5 : 5)),
  ),
  ...PATHS.map((path): Bar => ({
    what: `${pathText(path)}, small, 1 caller: p50 added to the floor's`,
    unit: 'ms',
    atMost: 0.15,
    value: (results) => row(results, path, 'small', 1)?.p50AddedTo.floor,
  })),
  {
    what: 'idle without servers, emitted package: resident',
    unit: 'MB',
    atMost: 90,
    value: ({ memory }) => memory?.idleBytes.emitted && memory.idleBytes.emitted / MB,
  },
  {
    what: 'each open session: resident',
    unit: 'MB',
    atMost: 1,
    value: ({ memory }) => memory && memory.bytesPerSession / MB,
  },
  {
    what: '20 cached servers: start to first complete list',
    unit: 'ms',
    atMost: 500,
    value: ({ start }) => start?.cachedMs,
  },
  {
    what: '50 servers from a repository: restarts and commits in passes without news',
    unit: '',
    atMost: 0,
    value: ({ fleet }) => fleet && fleet.restarts + fleet.commits,
  },
  {
    what: '1,000 servers, 100,000 tools: a page of the list over HTTP, p50',
    unit: 'ms',
    atMost: 2,
    value: ({ catalog }) => catalog?.page.p50Ms,
  },
  ...(['SQLite', 'PostgreSQL'] as const).flatMap(coordinationBars),
  ...(['SQLite', 'PostgreSQL'] as const).flatMap(leaseBars),
  ...(['SQLite', 'PostgreSQL'] as const).flatMap((store) =>
    (['idle', 'loaded'] as const).map((load): Bar => ({
      what: `${store}, 1,000 agents wait, ${load}: a message from its send until it is received, p99`,
      unit: 'ms',
      atMost: 20,
      value: ({ messages }) => messages?.stores.find((one) => one.store === store)?.[load].p99Ms,
    })),
  ),
  ...(['SQLite', 'PostgreSQL'] as const).map((store): Bar => ({
    what: `${store}, 100,000 entities: a search, p99`,
    unit: 'ms',
    atMost: 50,
    value: ({ knowledge }) => knowledge?.stores.find((one) => one.store === store)?.search.p99Ms,
  })),
  ...(['pgBoss', 'graphileWorker'] as const).map((library): Bar => ({
    what: `PostgreSQL: claims with completions per second over ${library === 'pgBoss' ? 'pg-boss' : 'graphile-worker'}`,
    unit: '×',
    atLeast: 1,
    value(results) {
      const own = storeResult(results, 'PostgreSQL')?.cyclesPerSecond;
      const other = storeResult(results, 'PostgreSQL')?.libraries?.[library];
      return own === undefined || other === undefined ? undefined : own / other;
    },
  })),
];

function storeResult({ coordination }: BenchResults, store: StoreResult['store']): StoreResult | undefined {
  return coordination?.stores.find((one) => one.store === store);
}

function coordinationBars(store: StoreResult['store']): readonly Bar[] {
  const assigned = (waiting: number, atMost: number): readonly Bar[] =>
    (['idle', 'loaded'] as const).map((load): Bar => ({
      what: `${store}, ${waiting.toLocaleString('en')} agents wait, ${load}: submit to assigned, p99`,
      unit: 'ms',
      atMost,
      value: (results) =>
        storeResult(results, store)?.assigned.find((one) => one.waiting === waiting)?.[load].p99Ms,
    }));
  return [
    {
      what: `${store}: one claim, p99`,
      unit: 'ms',
      atMost: 10,
      value: (results) => storeResult(results, store)?.claim.p99Ms,
    },
    ...assigned(1_000, 10),
    ...assigned(10_000, 100),
    {
      what: `${store}: claims with completions per second over the bare statements`,
      unit: '×',
      atLeast: 0.5,
      value(results) {
        const found = storeResult(results, store);
        return found && found.cyclesPerSecond / found.barePerSecond;
      },
    },
  ];
}

function leaseBars(store: StoreResult['store']): readonly Bar[] {
  return (['alone', 'contended'] as const).map((how): Bar => ({
    what: `${store}: a lease of a file, ${how === 'alone' ? 'one caller' : '32 callers for 8 files'}, p99`,
    unit: 'ms',
    atMost: 10,
    value: ({ leases }) => leases?.stores.find((one) => one.store === store)?.[how].p99Ms,
  }));
}

export type Verdict = 'pass' | 'fail' | 'not run';

export function judge(bar: Bar, results: BenchResults): { value: number | undefined; verdict: Verdict } {
  const value = bar.value(results);
  if (value === undefined) return { value, verdict: 'not run' };
  const passes = value >= (bar.atLeast ?? -Infinity) && value <= (bar.atMost ?? Infinity);
  return { value, verdict: passes ? 'pass' : 'fail' };
}
