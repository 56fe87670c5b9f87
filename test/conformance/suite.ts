// Runs the official conformance suite and reads what it found, per scenario and per check.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startProcess } from '../support/process.ts';

const SUITE = new URL('../../node_modules/@modelcontextprotocol/conformance/', import.meta.url);
const BIN = fileURLToPath(new URL('dist/index.js', SUITE));

export type Revision = '2025-11-25' | '2026-07-28';

export const REVISIONS: readonly Revision[] = ['2026-07-28', '2025-11-25'];

const CheckSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  errorMessage: z.string().optional(),
});

export type Check = z.infer<typeof CheckSchema>;

/** What a run found, by scenario. */
export type Findings = ReadonlyMap<string, readonly Check[]>;

export interface Scenario {
  readonly name: string;
  /** Counts towards conformance to the revision. */
  readonly scored: boolean;
}

/** Every server scenario that a revision runs, as the suite's own requirement set says. */
export async function serverScenarios(revision: Revision): Promise<readonly Scenario[]> {
  const text = await readFile(new URL(`requirements/${revision}.yaml`, SUITE), 'utf8');
  const scored = /^server:\n((?: {2}- .*\n)+)/m.exec(text)?.[1] ?? '';
  const unscored = text.matchAll(/^ {2}- scenario: (\S+)\n {4}leg: server$/gm);
  const scenarios = [
    ...[...scored.matchAll(/- (\S+)/g)].map(([, name = '']) => ({ name, scored: true })),
    ...[...unscored].map(([, name = '']) => ({ name, scored: false })),
  ];
  if (scenarios.length === 0) throw new Error(`the suite requires nothing for ${revision}`);
  return scenarios;
}

/**
 * Runs every server scenario of a revision against a URL. A scenario that throws ends the whole run of the suite, so
 * what it left out is run again, one by one; what then has no result is missing from the findings.
 */
export async function runServerSuite(url: string, revision: Revision, folder: string): Promise<Findings> {
  await runSuite(['server', '--url', url, '--requirements', revision, '-o', folder]);
  const found = await readFindings(folder);
  const scenarios = await serverScenarios(revision);
  for (const { name } of scenarios.filter((scenario) => !found.has(scenario.name))) {
    const one = ['--scenario', name, '--spec-version', revision, '--force'];
    await runSuite(['server', '--url', url, ...one, '-o', folder]);
  }
  return readFindings(folder);
}

/** Runs one client scenario with a command that is given the URL as its last argument. */
export async function runClientScenario(
  scenario: string,
  version: string | undefined,
  command: string,
  folder: string,
): Promise<readonly Check[]> {
  const wire = version === undefined ? [] : ['--spec-version', version];
  const output = await runSuite([
    'client',
    '--command',
    command,
    '--scenario',
    scenario,
    ...wire,
    '--timeout',
    '60000',
    '-o',
    folder,
  ]);
  const checks = (await readFindings(folder)).get(scenario);
  if (checks === undefined) throw new Error(`${scenario} left no result:\n${output}`);
  return checks;
}

async function runSuite(args: readonly string[]): Promise<string> {
  await using suite = startProcess(process.execPath, [BIN, ...args]);
  await suite.ended;
  return suite.output();
}

/** Folders are named `[server-]<scenario>-<time>`. */
async function readFindings(folder: string): Promise<Findings> {
  const findings = new Map<string, readonly Check[]>();
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries) {
    const scenario = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(entry)?.[1];
    if (scenario === undefined) continue;
    const text = await readFile(join(folder, entry, 'checks.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    findings.set(scenario, z.array(CheckSchema).parse(JSON.parse(text)));
  }
  return findings;
}

export function failures(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ status }) => status === 'FAILURE');
}
