import { type DemandedProof, DemandedProofsSchema, EvidenceListSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { checkEvidence } from '../../../src/coordination/evidence/check-evidence.ts';
import type { GivenApproval } from '../../../src/coordination/evidence/judge-approvals.ts';
import {
  missingProofs,
  strayEvidence,
  waitingReason,
} from '../../../src/coordination/evidence/missing-proofs.ts';
import type { CommitFact, FileFact, RunFact, Witnesses } from '../../../src/coordination/evidence/ports.ts';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const COMMIT = 'c'.repeat(40);
const never = new AbortController().signal;
const worker = { agentId: 'w', principal: 'local' };

const demand = (...proofs: unknown[]): readonly DemandedProof[] => DemandedProofsSchema.parse(proofs);
const said = (change: Partial<GivenApproval>): GivenApproval => ({
  decision: 'approve',
  comment: '',
  agentId: 'r',
  principal: 'local',
  roles: [],
  atMs: 1,
  ...change,
});

/** Witnesses that say what they are told to, and remember what they were asked. */
function witnessesThatSay(facts: { commit?: CommitFact; file?: FileFact; run?: RunFact }) {
  const asked: string[] = [];
  const unknown = { kind: 'unknown', why: 'not asked for', next: '' } as const;
  const witnesses: Witnesses = {
    findCommit: ({ root, path, ref, commit }) => {
      asked.push(`${root}:${path} ${ref} ${commit}`);
      return Promise.resolve(facts.commit ?? unknown);
    },
    hashFile: ({ root, path }) => {
      asked.push(`${root}:${path}`);
      return Promise.resolve(facts.file ?? unknown);
    },
    runTests: (command) => {
      asked.push(command);
      return Promise.resolve(facts.run ?? unknown);
    },
  };
  return { asked, witnesses };
}

async function missingOf(
  proofs: unknown[],
  evidence: unknown[],
  facts: Parameters<typeof witnessesThatSay>[0] = {},
  approvals: readonly GivenApproval[] = [],
): Promise<readonly string[]> {
  const { witnesses } = witnessesThatSay(facts);
  const demanded = demand(...proofs);
  const { missing, satisfied } = await checkEvidence(
    witnesses,
    {
      demanded,
      evidence: EvidenceListSchema.parse(evidence),
      approvals: new Map(demanded.map(({ id }) => [id, approvals])),
      worker,
    },
    never,
  );
  expect(satisfied).toBe(missing.length === 0);
  return missing.map(({ proof, why, next }) => `${proof}: ${why} -> ${next}`);
}

const commit = { kind: 'commit_reachable', root: 'code', ref: 'main' };
const tests = { kind: 'tests_exit_code', command: 'npm test' };
const file = { kind: 'file_hash', root: 'code', path: 'out.csv' };
const review = { kind: 'reviewer_approval' };

describe('proofs', () => {
  test('that nobody brought are missing, each with what to do', async () => {
    verifies('TSK-11');
    expect(await missingOf([commit, tests, file, review], [])).toEqual([
      'commit_reachable: no commit was named -> commit the work, bring it to `main`, and submit the commit as evidence for `commit_reachable`',
      'tests_exit_code: nobody said how the tests ended -> run `npm test`, and submit its exit code as evidence for `tests_exit_code`',
      'file_hash: nothing was said of `out.csv` -> write the file, and submit its SHA-256 as evidence for `file_hash`',
      'reviewer_approval: 0 of 1 approvals are there -> have somebody other than who did the work approve it',
    ]);
    expect(missingProofs([], [])).toEqual({ satisfied: true, missing: [] });
  });

  test('that are all there leave nothing missing', async () => {
    verifies('TSK-11');
    const evidence = [
      { proof: 'commit_reachable', kind: 'commit_reachable', commit: COMMIT.toUpperCase() },
      { proof: 'tests_exit_code', kind: 'tests_exit_code', exit_code: 0 },
      { proof: 'file_hash', kind: 'file_hash', sha256: HASH.toUpperCase() },
    ];
    const facts = { commit: { kind: 'reachable' }, file: { kind: 'hash', sha256: HASH } } as const;
    expect(await missingOf([commit, tests, file, review], evidence, facts, [said({})])).toEqual([]);
  });

  test.each<[CommitFact, string]>([
    [
      { kind: 'unreachable' },
      'cccccccccccc is there, but not reachable from `main` -> merge or push it to `main`, then submit again',
    ],
    [
      { kind: 'absent', what: 'commit' },
      'there is no commit cccccccccccc in `.` -> submit all digits of a commit of this repository',
    ],
    [{ kind: 'absent', what: 'ref' }, 'there is no `main` in `.` -> create it, then submit again'],
    [{ kind: 'absent', what: 'repository' }, 'there is no repository at `.` -> create it, then submit again'],
    [{ kind: 'unknown', why: 'w', next: 'n' }, 'w -> n'],
  ])('of a commit: %j', async (fact, expected) => {
    verifies('TSK-11');
    const evidence = [{ proof: 'commit_reachable', kind: 'commit_reachable', commit: COMMIT }];
    expect(await missingOf([commit], evidence, { commit: fact })).toEqual([`commit_reachable: ${expected}`]);
  });

  test('of tests are what the agent reports last, or what Tutti sees itself', async () => {
    verifies('TSK-11');
    const ended = (exit_code: number, summary?: string) => ({
      proof: 'tests_exit_code',
      kind: 'tests_exit_code',
      exit_code,
      ...(summary === undefined ? {} : { summary }),
    });
    expect(await missingOf([tests], [ended(0), ended(1, '3 failed')])).toEqual([
      'tests_exit_code: `npm test` ended with 1 instead of 0: 3 failed -> mend what the tests found, then submit again',
    ]);
    expect(await missingOf([{ ...tests, exit_code: 1 }], [ended(0), ended(1)])).toEqual([]);
    const own = { ...tests, run_by: 'tutti', command: 'unit' };
    // What the agent says is no proof then.
    expect(await missingOf([own], [ended(0)], { run: { kind: 'timed_out', timeoutMs: 5_000 } })).toEqual([
      'tests_exit_code: `unit` did not end within 5 s -> make it faster, or have its timeout raised in the configuration',
    ]);
    expect(await missingOf([own], [], { run: { kind: 'ended', exitCode: 0, how: '' } })).toEqual([]);
  });

  test('of a file are its hash as it is, by what is demanded or else by what is claimed', async () => {
    verifies('TSK-11');
    const claim = (sha256: string) => [{ proof: 'file_hash', kind: 'file_hash', sha256 }];
    const there = { file: { kind: 'hash', sha256: HASH } } as const;
    expect(await missingOf([file], claim(OTHER), there)).toEqual([
      'file_hash: `out.csv` has the SHA-256 aaaaaaaaaaaa…, and bbbbbbbbbbbb… was claimed -> submit the hash of the file as it is now',
    ]);
    expect(await missingOf([{ ...file, sha256: HASH }], claim(OTHER), there)).toEqual([]);
    expect(await missingOf([{ ...file, sha256: OTHER }], claim(HASH), there)).toEqual([
      'file_hash: `out.csv` has the SHA-256 aaaaaaaaaaaa…, and bbbbbbbbbbbb… is demanded -> write the content that is demanded, then submit again',
    ]);
    expect(await missingOf([file], claim(HASH), { file: { kind: 'absent' } })).toEqual([
      'file_hash: there is no file `out.csv` -> write it, then submit again',
    ]);
  });

  test.each<[string, unknown, GivenApproval[], number]>([
    ['somebody else', review, [said({})], 0],
    ['the one who did it', review, [said({ agentId: 'w' })], 1],
    ['a person', review, [said({ agentId: undefined, principal: 'maria' })], 0],
    ['the person that the worker belongs to', review, [said({ agentId: undefined })], 1],
    [
      'an agent of the same owner, where owners must differ',
      { ...review, separate: 'principal' },
      [said({})],
      1,
    ],
    ['an agent of another owner', { ...review, separate: 'principal' }, [said({ principal: 'p' })], 0],
    ['somebody without the role', { ...review, role: 'QA' }, [said({ roles: ['SWE'] })], 1],
    ['somebody with the role', { ...review, role: 'QA' }, [said({ roles: ['QA'] })], 0],
    ['one of two', { ...review, count: 2 }, [said({}), said({ atMs: 2 })], 1],
    ['two of two', { ...review, count: 2 }, [said({}), said({ agentId: 's' })], 0],
    ['one who said no', review, [said({}), said({ agentId: 's', decision: 'reject' })], 1],
    ['one who said no and then yes', review, [said({ atMs: 2 }), said({ decision: 'reject' })], 0],
    ['one who said yes and then no', review, [said({}), said({ atMs: 2, decision: 'reject' })], 1],
    ['the worker, who says no', review, [said({ agentId: 'w', decision: 'reject' }), said({})], 0],
  ])('of a reviewer: %s', async (_, proof, approvals, missing) => {
    verifies('TSK-11');
    expect(await missingOf([proof], [], {}, approvals)).toHaveLength(missing);
  });

  test('say why the task waits', () => {
    verifies('TSK-11');
    const [demandReview, demandTests] = [demand(review), demand(review, tests)];
    expect(waitingReason(missingProofs(demandReview, []))).toBe('approval');
    expect(waitingReason(missingProofs(demandTests, []))).toBe('evidence');
    expect(waitingReason(missingProofs([], []))).toBe(undefined);
  });

  test('are asked of the place that is demanded, not of one that is claimed', async () => {
    verifies('TSK-11');
    const { asked, witnesses } = witnessesThatSay({});
    const evidence = EvidenceListSchema.parse([
      { proof: 'commit_reachable', kind: 'commit_reachable', commit: COMMIT },
      { proof: 'file_hash', kind: 'file_hash', sha256: HASH },
      { proof: 'other', kind: 'file_hash', sha256: HASH },
    ]);
    const demanded = demand({ ...commit, path: 'sub' }, file, { ...tests, run_by: 'tutti' });
    await checkEvidence(witnesses, { demanded, evidence, approvals: new Map(), worker }, never);
    expect(asked).toEqual([`code:sub main ${COMMIT}`, 'code:out.csv', 'npm test']);
    expect(strayEvidence(demanded, evidence).map(({ proof }) => proof)).toEqual(['other']);
  });

  test.each([
    [[{ ...file, path: '../x' }]],
    [[{ ...file, path: '/x' }]],
    [[{ ...file, path: 'a/../../x' }]],
    [[{ ...commit, ref: '--upload-pack=x' }]],
    [[{ ...commit, ref: 'a b' }]],
    [[tests, tests]],
    [[{ ...file, sha256: 'abc' }]],
    [[{ kind: 'promise' }]],
  ])('that can not be demanded: %j', (proofs) => {
    verifies('TSK-11');
    expect(DemandedProofsSchema.safeParse(proofs).success).toBe(false);
  });
});
