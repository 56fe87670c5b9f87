// The table of a conformance run, for people and for docs/conformance.md.

import { failures, type Findings, type Scenario } from './suite.ts';

/** One run of a suite. */
export interface Run {
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  readonly findings: Findings;
  /** Scenarios all of whose failures have a written reason. */
  readonly explained?: ReadonlySet<string>;
}

/** How a scenario ended; `explained` is a failure whose reason is written. */
export type Verdict = 'pass' | 'explained' | 'fail' | 'missing';

export function verdict({ findings, explained }: Run, scenario: string): Verdict {
  const checks = findings.get(scenario);
  if (checks === undefined) return 'missing';
  if (failures(checks).length === 0) return 'pass';
  return explained?.has(scenario) === true ? 'explained' : 'fail';
}

export interface Score {
  readonly passed: number;
  readonly total: number;
  readonly checks: number;
}

export function scoreOf(run: Run, scored: boolean): Score {
  const counted = run.scenarios.filter((scenario) => scenario.scored === scored);
  const checks = counted.flatMap(({ name }) => run.findings.get(name) ?? []);
  return {
    passed: counted.filter(({ name }) => verdict(run, name) === 'pass').length,
    total: counted.length,
    checks: checks.filter(({ status }) => status === 'SUCCESS').length,
  };
}

/** Scores of several runs, one per row. */
export function scoreTable(runs: readonly Run[]): string {
  const rows = runs.map((run) => {
    const scored = scoreOf(run, true);
    const other = scoreOf(run, false);
    return [
      run.title,
      `${scored.passed} of ${scored.total}`,
      String(scored.checks),
      `${other.passed} of ${other.total}`,
      String(other.checks),
    ];
  });
  return table(['run', 'scored', 'checks', 'not scored', 'checks'], rows);
}

const MARKS: Readonly<Record<Verdict, string>> = { pass: '✓', explained: '○', fail: '✗', missing: '–' };

/** Scenarios down, runs across. */
export function scenarioTable(scenarios: readonly Scenario[], runs: readonly Run[]): string {
  const rows = scenarios.map(({ name, scored }) => [
    scored ? name : `${name} (not scored)`,
    ...runs.map((run) => MARKS[verdict(run, name)]),
  ]);
  return table(['scenario', ...runs.map(({ title }) => title)], rows);
}

/** Columns are padded, as the formatter wants it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(escape));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}

function escape(cell: string): string {
  return cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
