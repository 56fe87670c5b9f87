// The judgement of a conformance run: what counts as a loss, and what an excuse excuses.

import { describe, expect, test } from 'vitest';
import { lossesOf } from './compare.ts';
import { judgeCrossPairing } from './cross-pairings.ts';
import type { Check, Findings } from './suite.ts';

function check(id: string, status: Check['status']): Check {
  return { id, name: 'Name', status };
}

function findings(...checks: Check[]): Findings {
  return new Map([['scenario', checks]]);
}

describe('a run through the gateway', () => {
  const direct = findings(
    check('a', 'SUCCESS'),
    check('a', 'SUCCESS'),
    check('b', 'SKIPPED'),
    check('c', 'FAILURE'),
  );

  test('that is the same as the direct one loses nothing', () => {
    expect(lossesOf(direct, direct)).toEqual([]);
  });

  test('loses when the scenario is missing', () => {
    expect(lossesOf(direct, new Map())).toEqual([{ scenario: 'scenario', what: 'did not run' }]);
  });

  test.each(['FAILURE', 'WARNING', 'SKIPPED', 'INFO'] as const)('loses when a check ends in %s', (status) => {
    const through = findings(check('a', 'SUCCESS'), check('a', status), check('c', 'FAILURE'));
    const [loss, ...more] = lossesOf(direct, through);
    expect(loss?.what).toContain('a Name: 1 of 2 succeeded');
    expect(more).toEqual([]);
  });

  test('loses when a check fails that directly was skipped or not there', () => {
    const all = [check('a', 'SUCCESS'), check('a', 'SUCCESS')];
    expect(lossesOf(direct, findings(...all, check('b', 'FAILURE')))).toHaveLength(1);
    expect(lossesOf(direct, findings(...all, check('d', 'FAILURE')))).toHaveLength(1);
    expect(lossesOf(direct, findings(...all, check('c', 'FAILURE')))).toEqual([]);
  });
});

describe('a cross pairing', () => {
  const failed = [{ scenario: 's', check: 'c', message: 'm' }];

  test('is explained by an entry for the check or for its scenario', () => {
    const explained = { unexplained: [], stale: [] };
    expect(judgeCrossPairing([{ scenario: 's', check: 'c', reason: 'r' }], failed)).toEqual(explained);
    expect(judgeCrossPairing([{ scenario: 's', reason: 'r' }], failed)).toEqual(explained);
  });

  test('fails on what no entry explains', () => {
    expect(judgeCrossPairing([], failed).unexplained).toEqual(['s: c: m']);
  });

  test('fails on an entry that explains nothing', () => {
    const entries = [{ scenario: 's', check: 'other', reason: 'r' }];
    expect(judgeCrossPairing(entries, [])).toEqual({ unexplained: [], stale: ['s: other: nothing fails'] });
  });
});
