// The official suite through the gateway, in both eras, and the gateway as its client. `npm run conformance` runs the
// cross pairings too and writes the tables.

import { describe, expect, test } from 'vitest';
import { verifies } from '../verifies.ts';
import { clientProblems, runClientScenarios } from './client-runs.ts';
import { compare } from './compare.ts';
import { otherAnswers } from './other-answers.ts';
import { runPairings } from './pairings.ts';
import { scoreOf } from './report.ts';
import { REVISIONS } from './suite.ts';

const SUITE_TIMEOUT_MS = 300_000;

describe('the conformance suite', () => {
  test.each(REVISIONS)(
    '%s scores the same through the gateway',
    async (revision) => {
      verifies('GW-06');
      const runs = await runPairings([revision], new Set(['direct', 'through']));
      const [direct, ...through] = runs;
      if (direct === undefined) throw new Error('nothing ran');
      const { passed, total } = scoreOf(direct, true);
      expect(passed).toBe(total);
      expect(through).toHaveLength(2);
      for (const run of through) {
        expect(compare(direct.findings, run.findings, otherAnswers[revision]).losses).toEqual([]);
      }
    },
    SUITE_TIMEOUT_MS,
  );

  test(
    'passes with the gateway as the client',
    async () => {
      verifies('GW-06');
      expect((await runClientScenarios()).flatMap(clientProblems)).toEqual([]);
    },
    SUITE_TIMEOUT_MS,
  );
});
