// Runs the client scenarios of the suite, with the gateway as the client.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeArgs } from '../support/process.ts';
import { clientScenarios } from './client-scenarios.ts';
import { inParallel } from './pairings.ts';
import { failures, runClientScenario, type Check } from './suite.ts';

const DRIVER = new URL('client-driver.ts', import.meta.url);

export interface ClientRun {
  readonly name: string;
  readonly version: string;
  readonly checks: readonly Check[];
}

export async function runClientScenarios(): Promise<readonly ClientRun[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-conformance-'));
  const command = [process.execPath, ...nodeArgs(DRIVER)].join(' ');
  try {
    return await inParallel(clientScenarios, async ({ name, version }) => {
      const results = join(folder, `${name}-${version ?? 'extension'}`);
      const checks = await runClientScenario(name, version, command, results);
      return { name, version: version ?? 'extension', checks };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is wrong with a run, in words: a failure, or nothing that succeeded. */
export function clientProblems({ name, version, checks }: ClientRun): readonly string[] {
  if (!checks.some(({ status }) => status === 'SUCCESS'))
    return [`client, ${version}: ${name}: nothing succeeded`];
  return failures(checks).map(
    ({ id, errorMessage }) => `client, ${version}: ${name}: ${id}: ${errorMessage ?? ''}`,
  );
}
