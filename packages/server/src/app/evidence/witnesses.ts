// The files, repositories and tests of this machine, as far as the Gateway that is declared lets evidence be looked for.

import type { EvidenceSettings } from '@tutti/schemas';
import type { Witnesses } from '../../coordination/evidence/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { ProcessRunner } from '../../runner/process/process-runner.ts';
import { createGit } from '../../sources/git/command.ts';
import { findCommit } from './find-commit.ts';
import { hashFile } from './hash-file.ts';
import { createTestRuns } from './run-tests.ts';

export interface WitnessesDeps {
  /** As they are declared now. */
  readonly settings: () => EvidenceSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly runner: Pick<ProcessRunner, 'start'>;
  readonly clock: Pick<Clock, 'after'>;
}

export function createWitnesses({ settings, environment, runner, clock }: WitnessesDeps): Witnesses {
  return {
    hashFile: (place, signal) => hashFile(settings().roots, place, signal),
    findCommit: (place, signal) => {
      // Git of later versions would otherwise fetch what a partial clone lacks.
      const git = createGit({ environment: { ...environment, GIT_NO_LAZY_FETCH: '1' }, signal });
      return findCommit(settings().roots, git, place, signal);
    },
    runTests: createTestRuns({ settings, runner, clock }),
  };
}
