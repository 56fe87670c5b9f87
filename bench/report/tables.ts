// The results as Markdown, for the terminal and for the page in docs.

import { BARS, judge } from '../bars.ts';
import type { CellResult, CellRow } from '../cases/calls.ts';
import type { CoordinationResult, Libraries, StoreResult } from '../cases/coordination/coordination.ts';
import type { LeaseResult, LeaseStoreResult } from '../cases/leases/leases.ts';
import type { MailResult, MailStoreResult } from '../cases/messages/messages.ts';
import type { AssignedResult } from '../cases/coordination/ours.ts';
import type { KnowledgeResult, KnowledgeStoreResult } from '../cases/knowledge.ts';
import type { LatencySummary } from '../load/latencies.ts';
import type { BenchResults } from '../results.ts';
import { pathText } from '../targets/target.ts';

const MB = 1024 * 1024;

export function renderResults(results: BenchResults): string {
  return [
    renderMachine(results),
    renderBars(results),
    results.ceiling && renderCeiling(results),
    results.cells && renderCells(results.cells),
    renderRest(results),
    results.coordination && renderCoordination(results.coordination),
    results.leases && renderLeases(results.leases),
    results.knowledge && renderKnowledge(results.knowledge),
    results.messages && renderMessages(results.messages),
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
}

function renderMachine({ machine, finishedAt, quick }: BenchResults): string {
  const memory = Math.round(machine.memoryBytes / (1024 * MB));
  const pace = quick ? ' A quick run: too short to be quoted.' : '';
  return (
    `${finishedAt.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${memory} GiB, ` +
    `${machine.system}, Node ${machine.node}.${pace}`
  );
}

function renderBars(results: BenchResults): string {
  const rows = BARS.map((bar) => {
    const { value, verdict } = judge(bar, results);
    const limit = bar.atLeast === undefined ? `≤ ${bar.atMost}` : `≥ ${bar.atLeast}`;
    return [
      bar.what,
      `${limit} ${bar.unit}`,
      value === undefined ? '–' : `${digits(value)} ${bar.unit}`,
      verdict,
    ];
  });
  return `### Bars\n\n${table(['what', 'bar', 'measured', ''], rows)}`;
}

function renderCeiling({ ceiling = [] }: BenchResults): string {
  const rows = ceiling.map(({ callers, perSecond, p50Ms }) => [
    String(callers),
    thousands(perSecond),
    digits(p50Ms),
  ]);
  return `### The generator's own ceiling\n\n${table(['callers', 'calls/s', 'p50 ms'], rows)}`;
}

function renderCells(cells: readonly CellResult[]): string {
  const rows = cells.flatMap((cell) =>
    cell.rows.map((row) => [
      pathText(cell.path),
      cell.era,
      cell.payload,
      String(cell.callers),
      row.target,
      thousands(row.perSecond),
      ratio(row.throughputOver.floor),
      digits(row.p50Ms),
      digits(row.p99Ms),
      ...added(row),
      digits(row.cpuUs),
      percent(row.generatorBusy),
    ]),
  );
  const head = ['path', 'client', 'result', 'callers', 'target', 'calls/s', '× floor', 'p50 ms', 'p99 ms'];
  const more = ['p50 + direct', 'p99 + direct', 'CPU µs/call', 'generator busy'];
  return `### Calls\n\n${table([...head, ...more], rows)}`;
}

/** What the target adds to the direct call. */
function added(row: CellRow): string[] {
  return [row.p50AddedTo.direct, row.p99AddedTo.direct].map((ms) => (ms === undefined ? '' : digits(ms)));
}

function renderRest({ memory, start, fleet, catalog, snapshot }: BenchResults): string {
  const rows: string[][] = [];
  if (memory !== undefined) {
    const { source, emitted } = memory.idleBytes;
    rows.push(
      [
        'idle, no servers, emitted package',
        emitted === undefined ? 'not built' : `${digits(emitted / MB)} MB`,
      ],
      ['idle, no servers, from source', `${digits(source / MB)} MB`],
      [`one session (of ${memory.sessions})`, `${digits(memory.bytesPerSession / 1024)} kB`],
    );
  }
  if (start !== undefined) {
    const what = `first complete list, ${start.servers} servers, ${start.tools} tools`;
    rows.push(
      [`${what}, cold`, `${digits(start.coldMs)} ms`],
      [`${what}, cached`, `${digits(start.cachedMs)} ms`],
    );
  }
  if (fleet !== undefined) {
    const size = `${fleet.servers} stdio servers from a repository, ${fleet.tools} tools`;
    rows.push(
      [`${size}: start until all take calls`, `${digits(fleet.readyMs / 1000)} s`],
      [`${size}: resident, without the servers`, `${digits(fleet.residentBytes / MB)} MB`],
      [`${size}: a pass without news, time / CPU`, `${digits(fleet.passMs)} / ${digits(fleet.passCpuMs)} ms`],
      [
        `${size}: restarts / commits to the store in ${fleet.passes} such passes`,
        `${fleet.restarts} / ${fleet.commits}`,
      ],
    );
  }
  if (catalog !== undefined) {
    const size = `${thousands(catalog.servers)} servers, ${thousands(catalog.tools)} tools`;
    rows.push(
      [`${size}: cold until all are listed`, `${digits(catalog.discoveryMs / 1000)} s`],
      [`${size}: a page of ${catalog.pageTools}, p50 / p99`, pair(catalog.page)],
      [`${size}: a server's change until a client knows, p50 / p99`, pair(catalog.change)],
      [`${size}: CPU of one change`, `${digits(catalog.changeCpuMs)} ms`],
      [`${size}: a toolset's change until its client knows, p50 / p99`, pair(catalog.viewChange)],
      [`${size}: CPU of one change of a toolset`, `${digits(catalog.viewChangeCpuMs)} ms`],
      [
        `${size}: the longest wait of others while toolsets change`,
        `${digits(catalog.viewChangeStallMs)} ms`,
      ],
      [`${size}: resident`, `${digits(catalog.residentBytes / MB)} MB`],
      [`${size}: the first search, which indexes them`, `${digits(catalog.firstSearchMs)} ms`],
      [`${size}: a search, p50 / p99`, pair(catalog.search)],
      [`${size}: resident with the index`, `${digits(catalog.searchResidentBytes / MB)} MB`],
    );
  }
  if (snapshot !== undefined) {
    rows.push(
      ['in process: a page, p50 / p99', pair(snapshot.page)],
      ["in process: a server's change, p50 / p99", pair(snapshot.change)],
    );
  }
  return rows.length === 0 ? '' : `### Memory, start, catalog\n\n${table(['what', 'measured'], rows)}`;
}

function renderCoordination({ size, callers, rounds, stores }: CoordinationResult): string {
  const names = stores.map(({ store }) => store);
  const row = (what: string, value: (store: StoreResult) => string): string[] => [what, ...stores.map(value)];
  const rows = [
    row('one claim, one caller, p50 / p99', ({ claim }) => pair(claim)),
    row('one completion, one caller, p50 / p99', ({ complete }) => pair(complete)),
    row(`${callers} callers: claims with their completions per second`, ({ cyclesPerSecond }) =>
      thousands(cyclesPerSecond),
    ),
    row(`${callers} callers: a claim, p50 / p99`, ({ busyClaim }) => pair(busyClaim)),
    row('the bare statements, each in a transaction of its own, per second', ({ barePerSecond }) =>
      thousands(barePerSecond),
    ),
    row('submits per second while it was filled', ({ filledPerSecond }) => thousands(filledPerSecond)),
    ...(stores[0]?.assigned ?? []).flatMap(({ waiting }, index) => {
      const at = (store: StoreResult): AssignedResult | undefined => store.assigned[index];
      const shown = (summary: LatencySummary | undefined): string =>
        summary === undefined ? '' : pair(summary);
      return [
        row(`${thousands(waiting)} agents wait: submit to assigned, idle, p50 / p99`, (store) =>
          shown(at(store)?.idle),
        ),
        row(`${thousands(waiting)} agents wait: submit to assigned, loaded, p50 / p99`, (store) =>
          shown(at(store)?.loaded),
        ),
      ];
    }),
  ];
  const library = (what: string, name: keyof Libraries): string[] =>
    row(what, ({ libraries }) => (libraries === undefined ? '' : thousands(libraries[name])));
  if (stores.some(({ libraries }) => libraries !== undefined))
    rows.push(
      library('pg-boss: fetch and complete, jobs per second', 'pgBoss'),
      library('graphile-worker: jobs per second', 'graphileWorker'),
    );
  const title = `### Agents and tasks (${thousands(size.agents)} agents with heartbeats, ${thousands(size.openTasks)} open tasks)`;
  const note = `What is told per second is the median of ${rounds} rounds in which all of them took turns.`;
  return `${title}\n\n${note}\n\n${table(['what', ...names], rows)}`;
}

function renderKnowledge({ entities, stores }: KnowledgeResult): string {
  const row = (what: string, value: (store: KnowledgeStoreResult) => string): string[] => [
    what,
    ...stores.map(value),
  ];
  const rows = [
    row('a search for 3 words, one caller, p50 / p99', ({ search }) => pair(search)),
    row('a search for 24 words, one caller, p50 / p99', ({ longSearch }) => pair(longSearch)),
    row('a search for 3 words, 16 callers, p50 / p99', ({ busySearch }) => pair(busySearch)),
    row('an observation is added, one caller, p50 / p99', ({ add }) => pair(add)),
    row('entities per second while it was filled, 100 in each call', ({ filledPerSecond }) =>
      thousands(filledPerSecond),
    ),
  ];
  const head = ['what', ...stores.map(({ store }) => store)];
  return `### Knowledge (${thousands(entities)} entities of one project)\n\n${table(head, rows)}`;
}

function renderLeases({ callers, held, sharedFiles, stores }: LeaseResult): string {
  const row = (what: string, value: (store: LeaseStoreResult) => string): string[] => [
    what,
    ...stores.map(value),
  ];
  const rows = [
    row('one caller, p50 / p99', ({ alone }) => pair(alone)),
    row('its bare statements, p50 / p99', ({ bare }) => pair(bare)),
    row(`${callers} callers, each with files of its own, p50 / p99`, ({ apart }) => pair(apart)),
    row(
      `${callers} callers for ${sharedFiles} files, from the moment at which it could be had, p50 / p99`,
      ({ contended }) => pair(contended),
    ),
    row(`${callers} callers for ${sharedFiles} files, leases per second`, ({ contendedPerSecond }) =>
      thousands(contendedPerSecond),
    ),
  ];
  const title = `### Leases of files (${thousands(held)} others are held)`;
  return `${title}\n\n${table(['what', ...stores.map(({ store }) => store)], rows)}`;
}

function renderMessages({ agents, threads, stores }: MailResult): string {
  const row = (what: string, value: (store: MailStoreResult) => string): string[] => [
    what,
    ...stores.map(value),
  ];
  const rows = [
    row('a message to one, now and then: send to received, p50 / p99', ({ idle }) => pair(idle)),
    row('16 write to threads of ten: send to received, p50 / p99', ({ loaded }) => pair(loaded)),
    row('sends per second then', ({ sendsPerSecond }) => thousands(sendsPerSecond)),
    row('messages received per second then', ({ deliveriesPerSecond }) => thousands(deliveriesPerSecond)),
    row('the bare statements of one send and one take, p50 / p99', ({ bare }) => pair(bare)),
  ];
  const title = `### Messages (${thousands(agents)} agents wait, ${thousands(threads)} threads)`;
  return `${title}\n\n${table(['what', ...stores.map(({ store }) => store)], rows)}`;
}

function pair({ p50Ms, p99Ms }: { readonly p50Ms: number; readonly p99Ms: number }): string {
  return `${digits(p50Ms)} / ${digits(p99Ms)} ms`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ratio(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}

/** Three figures, as more would only be noise. */
function digits(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3);
}
