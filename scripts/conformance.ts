// `npm run conformance`: the official suite against the fixture, directly and through Tutti, in every pairing of eras,
// and against Tutti as a client. Fails when anything that works directly does not work through Tutti.
//   --only direct,through,cross,client   runs a part of it
//   --json FILE                          writes all findings
//   --write                              writes the tables into docs/conformance.md

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clientProblems, runClientScenarios } from '../test/conformance/client-runs.ts';
import { compare } from '../test/conformance/compare.ts';
import { crossPairings, judgeCrossPairing } from '../test/conformance/cross-pairings.ts';
import { otherAnswers } from '../test/conformance/other-answers.ts';
import { runPairings, type Kind, type ServerRun } from '../test/conformance/pairings.ts';
import { scenarioTable, scoreTable, table, verdict } from '../test/conformance/report.ts';
import { failures, REVISIONS, type Check, type Revision } from '../test/conformance/suite.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));
const KINDS: readonly Kind[] = ['direct', 'through', 'cross'];
const MARKERS = /(<!-- conformance:begin -->\n)[\s\S]*?(<!-- conformance:end -->)/;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'direct,through,cross,client' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const parts = new Set(options.only.split(','));

const startedMs = performance.now();
const kinds = KINDS.filter((kind) => parts.has(kind));
const found = await runPairings(REVISIONS, new Set(kinds));
const runs = found.map((run) => ({ ...run, explained: explainedScenarios(run) }));
const clientRuns = parts.has('client') ? await runClientScenarios() : [];
const problems = [
  ...runs.flatMap(unfinished),
  ...REVISIONS.flatMap(throughLosses),
  ...REVISIONS.flatMap(crossProblems),
  ...clientRuns.flatMap(clientProblems),
];

const report = [...REVISIONS.map(revisionReport), clientReport()].filter((text) => text !== '').join('\n\n');
console.log(report);
for (const problem of problems) console.error(`✗ ${problem}`);
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(`\n${problems.length === 0 ? 'ok' : `${problems.length} problems`} in ${seconds} s`);

if (options.json !== undefined) {
  const all = found.map((run) => ({ ...run, findings: Object.fromEntries(run.findings) }));
  await writeFile(options.json, `${JSON.stringify({ problems, runs: all, clientRuns }, null, 2)}\n`);
}
if (options.write) {
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(
    DOCUMENT,
    document.replace(MARKERS, (_, begin: string, end: string) => `${begin}\n${report}\n\n${end}`),
  );
}
process.exitCode = problems.length === 0 ? 0 : 1;

/** A direct run must be perfect, or a comparison with it says nothing; and no scored scenario may be missing. */
function unfinished(run: ServerRun): readonly string[] {
  return run.scenarios.flatMap(({ name, scored }) => {
    const found = verdict(run, name);
    if (found === 'missing') return [`${run.revision}, ${run.title}: ${name} did not run`];
    if (run.kind !== 'direct' || !scored || found === 'pass') return [];
    return failures(run.findings.get(name) ?? []).map(
      ({ id, errorMessage }) => `${run.revision}, direct: ${name}: ${id}: ${errorMessage ?? ''}`,
    );
  });
}

function throughLosses(revision: Revision): readonly string[] {
  const direct = runs.find((run) => run.revision === revision && run.kind === 'direct');
  const through = runs.filter((run) => run.revision === revision && run.kind === 'through');
  if (direct === undefined) return [];
  return through.flatMap((run) => {
    const { losses, used } = compare(direct.findings, run.findings, otherAnswers[revision]);
    const stale = otherAnswers[revision].filter((answer) => !used.includes(answer));
    return [
      ...losses.map(({ scenario, what }) => `${revision}, ${run.title}: ${scenario}: ${what}`),
      ...stale.map(
        ({ scenario, check }) =>
          `${revision}, ${run.title}: stale in other-answers.ts: ${scenario}: ${check}`,
      ),
    ];
  });
}

function failedChecks({ title, findings }: ServerRun) {
  return [...findings].flatMap(([scenario, checks]) =>
    failures(checks).map(({ id, errorMessage }) => ({
      run: title,
      scenario,
      check: id,
      message: errorMessage ?? '',
    })),
  );
}

function explainedScenarios(run: ServerRun): ReadonlySet<string> {
  if (run.kind !== 'cross') return new Set();
  const failed = failedChecks(run);
  const unexplained = judgeCrossPairing(crossPairings[run.revision], failed).unexplained;
  const names = new Set(failed.map(({ scenario }) => scenario));
  for (const { scenario } of unexplained) names.delete(scenario);
  return names;
}

function crossProblems(revision: Revision): readonly string[] {
  const crossing = runs.filter((run) => run.revision === revision && run.kind === 'cross');
  if (crossing.length === 0) return [];
  const { unexplained, stale } = judgeCrossPairing(crossPairings[revision], crossing.flatMap(failedChecks));
  return [
    ...unexplained.map(
      ({ run, scenario, check, message }) => `${revision}, ${run}: ${scenario}: ${check}: ${message}`,
    ),
    ...stale.map(({ scenario, check }) => `${revision}: stale in cross-pairings.ts: ${scenario}: ${check}`),
  ];
}

function revisionReport(revision: Revision): string {
  const shown = runs.filter((run) => run.revision === revision);
  const scenarios = shown[0]?.scenarios;
  if (scenarios === undefined) return '';
  const inexpressible = crossPairings[revision].map(({ scenario, check, reason }) => [
    scenario,
    check,
    reason,
  ]);
  const answers = otherAnswers[revision].map(({ scenario, check, reason }) => [scenario, check, reason]);
  const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : [title, table(['scenario', 'check', 'reason'], rows)];
  return [
    `### Requirements ${revision}`,
    scoreTable(shown),
    scenarioTable(scenarios, shown),
    ...section('What a server of the other era cannot express:', inexpressible),
    ...section(
      'What the suite has nothing to judge in, since Tutti answers in another way that is allowed:',
      answers,
    ),
  ].join('\n\n');
}

function clientReport(): string {
  if (clientRuns.length === 0) return '';
  const rows = clientRuns.map(({ name, version, checks }) => {
    const count = (status: Check['status']): string =>
      String(checks.filter((check) => check.status === status).length);
    return [name, version, count('SUCCESS'), count('FAILURE'), count('WARNING')];
  });
  return ['### Client scenarios', table(['scenario', 'wire', 'succeeded', 'failed', 'warnings'], rows)].join(
    '\n\n',
  );
}
