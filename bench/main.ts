// node --conditions=@tutti/source bench/main.ts [--quick] [--only NAME]… [--json FILE] [--write] [--check]
// Measures Tutti against the bare floor and against its peers, in one run. See docs/benchmarks.md.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BARS, judge } from './bars.ts';
import { measureAllCalls } from './cases/all-calls.ts';
import type { Pace } from './cases/calls.ts';
import { measureCatalog } from './cases/catalog.ts';
import { measureCeiling } from './cases/ceiling.ts';
import { measureCoordination } from './cases/coordination/coordination.ts';
import { measureFleet } from './cases/fleet.ts';
import { measureLeases } from './cases/leases/leases.ts';
import { measureKnowledge } from './cases/knowledge.ts';
import { measureMessages } from './cases/messages/messages.ts';
import { measureMemory } from './cases/memory.ts';
import { measureSnapshot } from './cases/snapshot.ts';
import { measureStart } from './cases/start.ts';
import { startGenerator } from './load/client.ts';
import { writePage } from './report/page.ts';
import { renderResults } from './report/tables.ts';
import { describeMachine, type BenchResults } from './results.ts';
import { findBins } from './targets/emitted.ts';

const PARTS = [
  'calls',
  'memory',
  'start',
  'fleet',
  'catalog',
  'snapshot',
  'coordination',
  'search',
  'leases',
  'messages',
] as const;
type Part = (typeof PARTS)[number];

const FULL: Pace = { warmUpSeconds: 2, runSeconds: 2, rounds: 7 };
const QUICK: Pace = { warmUpSeconds: 1.5, runSeconds: 0.7, rounds: 3 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

const unknown = values.only.filter((name) => !PARTS.some((part) => part === name));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(', ')}. There are ${PARTS.join(', ')}.`);
  process.exit(2);
}
const wanted = (part: Part): boolean => values.only.length === 0 || values.only.includes(part);

const folder = await mkdtemp(join(tmpdir(), 'tutti-bench-'));
try {
  const results = await measure();
  const rendered = renderResults(results);
  console.log(rendered);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  if (values.write) await writePage(rendered);
  if (values.check && BARS.some((bar) => judge(bar, results).verdict === 'fail')) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<BenchResults> {
  const pace = values.quick ? QUICK : FULL;
  const bins = await findBins(folder);
  const bin = bins.emitted ?? bins.source;
  const progress = (line: string): void => console.error(line);
  const part = async <T>(name: Part, run: () => Promise<T> | T): Promise<T | undefined> => {
    if (!wanted(name)) return undefined;
    progress(name);
    return run();
  };
  using generator = startGenerator();
  return {
    machine: describeMachine(),
    quick: values.quick,
    ceiling: await part('calls', () => measureCeiling(generator, pace)),
    cells: await part('calls', () => measureAllCalls(generator, { folder, bin, pace, progress })),
    memory: await part('memory', () => measureMemory(folder, bins)),
    start: await part('start', () => measureStart(folder, bin, values.quick ? 0 : undefined)),
    fleet: await part('fleet', () => measureFleet(folder, bin)),
    catalog: await part('catalog', () => measureCatalog(folder, bin)),
    snapshot: await part('snapshot', () => measureSnapshot()),
    coordination: await part('coordination', () =>
      measureCoordination(folder, { quick: values.quick, progress }),
    ),
    leases: await part('leases', () => measureLeases(folder, { quick: values.quick, progress })),
    knowledge: await part('search', () => measureKnowledge(folder, { quick: values.quick, progress })),
    messages: await part('messages', () => measureMessages(folder, { quick: values.quick, progress })),
    finishedAt: new Date().toISOString(),
  };
}
