// The judgement of a conformance run: what counts as a loss, and what an excuse excuses.

import { describe, expect, test } from 'vitest';
import { compare } from './compare.ts';
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
    expect(compare(direct, direct).losses).toEqual([]);
  });

  test('loses when the scenario is missing', () => {
    expect(compare(direct, new Map()).losses).toEqual([{ scenario: 'scenario', what: 'did not run' }]);
  });

  test.each(['FAILURE', 'WARNING', 'SKIPPED', 'INFO'] as const)('loses when a check ends in %s', (status) => {
    const through = findings(check('a', 'SUCCESS'), check('a', status), check('c', 'FAILURE'));
    const [loss, ...more] = compare(direct, through).losses;
    expect(loss?.what).toContain('a Name: 1 of 2 succeeded');
    expect(more).toEqual([]);
  });

  test('loses when a check fails that directly was skipped or not there', () => {
    const all = [check('a', 'SUCCESS'), check('a', 'SUCCESS')];
    expect(compare(direct, findings(...all, check('b', 'FAILURE'))).losses).toHaveLength(1);
    expect(compare(direct, findings(...all, check('d', 'FAILURE'))).losses).toHaveLength(1);
    expect(compare(direct, findings(...all, check('c', 'FAILURE'))).losses).toEqual([]);
  });
});

describe('an answer that the protocol allows', () => {
  const direct = findings(check('a', 'SUCCESS'));
  const answers = [{ scenario: 'scenario', check: 'a', reason: 'r' }];

  test('explains a check that is absent or neutral', () => {
    expect(compare(direct, findings(), answers)).toEqual({ losses: [], used: answers });
    expect(compare(direct, findings(check('a', 'INFO')), answers)).toEqual({ losses: [], used: answers });
  });

  test.each(['FAILURE', 'WARNING'] as const)('does not explain a %s', (status) => {
    expect(compare(direct, findings(check('a', status)), answers).losses).toHaveLength(1);
  });

  test('is not used when nothing is lost', () => {
    expect(compare(direct, direct, answers).used).toEqual([]);
  });
});

describe('a cross pairing', () => {
  const failed = [{ scenario: 's', check: 'c', message: 'it is so' }];
  const entry = { scenario: 's', check: 'c', message: /so/, reason: 'r' };

  test('is explained by an entry for the check and its message', () => {
    expect(judgeCrossPairing([entry], failed)).toEqual({ unexplained: [], stale: [] });
  });

  test('fails on what no entry explains', () => {
    expect(judgeCrossPairing([], failed).unexplained).toEqual(failed);
  });

  test('fails when the check fails in another way', () => {
    const { unexplained, stale } = judgeCrossPairing([{ ...entry, message: /other/ }], failed);
    expect([unexplained.length, stale.length]).toEqual([1, 1]);
  });

  test('fails on an entry that explains nothing', () => {
    expect(judgeCrossPairing([entry], []).stale).toEqual([entry]);
  });
});
