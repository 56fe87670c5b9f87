// Writes the results into docs/benchmarks.md, between its markers.

import { readFile, writeFile } from 'node:fs/promises';
import { benchFile } from '../targets/bare.ts';

const PAGE = benchFile('../docs/benchmarks.md');
const BEGIN = '<!-- results: begin (written by bench/main.ts --write) -->';
const END = '<!-- results: end -->';

export async function writePage(rendered: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${PAGE} has no place for the results`);
  const start = page.slice(0, begin + BEGIN.length);
  await writeFile(PAGE, `${start}\n\n${rendered}\n\n${page.slice(end)}`);
}
