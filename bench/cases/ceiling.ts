// How fast the generator could go: its calls per second against the cheapest responder there can be.

import type { Generator } from '../load/client.ts';
import { startCeiling } from '../targets/bare.ts';
import { measureCell, type CellRow, type Pace } from './calls.ts';
import { CALLERS } from './all-calls.ts';

export interface CeilingResult {
  readonly callers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

export async function measureCeiling(generator: Generator, pace: Pace): Promise<CeilingResult[]> {
  await using responder = await startCeiling();
  const results: CeilingResult[] = [];
  for (const callers of CALLERS) {
    const cell = { path: 'http-http', era: 'legacy', payload: 'small', callers } as const;
    const { rows } = await measureCell(generator, cell, [responder], { ...pace, rounds: 3 });
    const row: CellRow | undefined = rows[0];
    if (row !== undefined) results.push({ callers, perSecond: row.perSecond, p50Ms: row.p50Ms });
  }
  return results;
}
