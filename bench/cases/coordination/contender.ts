// Somebody who does the same work over and over, measured in turns with others: what the machine does meanwhile meets all
// of them.

import { median } from '../../load/latencies.ts';

export interface Contender extends AsyncDisposable {
  /** What it did in one round. */
  perSecond(seconds: number): Promise<number>;
}

export interface Turns {
  readonly rounds: number;
  /** Of each in each round. */
  readonly seconds: number;
}

/** The median of its rounds for each. */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds, seconds }: Turns,
): Promise<readonly number[]> {
  const rates = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, contender] of contenders.entries())
      rates[index]?.push(await contender.perSecond(seconds));
  return rates.map(median);
}
