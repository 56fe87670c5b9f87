// The data of the example: orders as they come from the field, with what can be wrong about them. The same with each run.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export const ROWS = 100_000;
export const PARTS = 10;

const REGIONS = ['north', 'south', 'east', 'west', 'overseas'];

export async function writeOrders(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('id,region,cents,day\n');
  let previous = '';
  for (let row = 0; row < ROWS; row += 1) {
    previous = orderLine(row, previous);
    if (!file.write(`${previous}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}

/** Each 50th order stands there twice; not across the border of two parts, which are looked at by different agents. */
function orderLine(row: number, previous: string): string {
  if (row % 50 === 49 && row % (ROWS / PARTS) !== 0) return previous;
  const chance = (row * 2_654_435_761) % 4_294_967_296;
  const region = REGIONS[chance % REGIONS.length] ?? '';
  const cents = row % 97 === 0 ? 'n/a' : String(chance % 100_000);
  const shown = row % 13 === 0 ? `  ${region.toUpperCase()} ` : row % 101 === 0 ? '' : region;
  return `${row},${shown},${cents},2026-01-${String((row % 28) + 1).padStart(2, '0')}`;
}
