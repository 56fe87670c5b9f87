import { type ApiTask, ApprovalSchema, type DemandedProofsSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { CommitFact, RunFact, Witnesses } from '../../src/coordination/evidence/ports.ts';
import { closeStoresAfterTests, openTest, stores } from '../store/support/stores.ts';
import {
  ADMIN,
  LOCAL,
  MIGRATIONS,
  openFresh,
  openOn,
  STRANGER,
  type TestCoordination,
} from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;
const COMMIT = 'a'.repeat(40);
const REVIEWER = { id: 'rita', isAdmin: false, roles: ['agent', 'lead'] };
const PERSON = { ...ADMIN, roles: ['admin'] };

function witnesses(
  commits: (commit: string) => CommitFact | Promise<CommitFact>,
  runs: string[] = [],
): { readonly witnesses: Witnesses } {
  const found: Witnesses = {
    hashFile: () => Promise.resolve({ kind: 'absent' }),
    findCommit: async ({ commit }) => await commits(commit),
    runTests: (name): Promise<RunFact> => {
      runs.push(name);
      return Promise.resolve({ kind: 'ended', exitCode: 0, how: '' });
    },
  };
  return { witnesses: found };
}

async function held(it: TestCoordination, evidence: z.input<typeof DemandedProofsSchema>) {
  await it.agent({ id: 'ada' });
  const { id: taskId } = await it.task({ evidence });
  await it.agents.next('ada', 5_000, LOCAL, signal);
  return { taskId, agentId: 'ada', claim: 1 };
}

const approval = (more: object = {}) =>
  ApprovalSchema.parse({ proof: 'reviewer_approval', decision: 'approve', ...more });
const commit = { kind: 'commit_reachable', root: 'code', ref: 'main' } as const;
const named = (of = COMMIT) => [{ proof: 'commit_reachable', kind: 'commit_reachable', commit: of } as const];
const missing = ({ evidence }: ApiTask) => evidence?.missing.map(({ proof }) => proof);

describe.each(stores)('proofs on $name', ({ freshUrl }) => {
  test('without what it demands a task waits, and with it it is completed', async () => {
    verifies('TSK-11');
    let found: CommitFact = { kind: 'unreachable' };
    await using it = await openFresh(
      freshUrl(),
      undefined,
      witnesses(() => found),
    );
    const report = await held(it, [commit]);
    expect(await it.tasks.complete({ ...report, result: 7 }, LOCAL)).toMatchObject({
      status: 'waiting',
      reason: 'evidence',
      message: expect.stringContaining('no commit was named'),
    });
    expect(await it.tasks.get(report.taskId)).toMatchObject({ result: 7 });
    const still = await it.tasks.prove({ ...report, evidence: named() }, LOCAL);
    expect(still.status).toBe('waiting');
    expect(still.evidence?.missing).toMatchObject([{ proof: 'commit_reachable', kind: 'commit_reachable' }]);
    expect(still.message).toMatch(/not reachable from `main`/);
    await expect(it.tasks.prove({ ...report, claim: 2, evidence: [] }, LOCAL)).rejects.toMatchObject({
      details: { kind: 'stale_claim' },
    });
    found = { kind: 'reachable' };
    // The commit that was named before counts.
    expect(await it.tasks.prove({ ...report, evidence: [] }, LOCAL)).toMatchObject({ status: 'completed' });
    const done = await it.tasks.get(report.taskId);
    expect(done).toMatchObject({ status: 'completed', result: 7 });
    expect(done.evidence).toBeUndefined();
    await expect(it.tasks.prove({ ...report, evidence: [] }, LOCAL)).rejects.toMatchObject({
      details: { kind: 'already_done' },
    });
  });

  test('evidence with the report completes at once; one that nobody demands is refused', async () => {
    verifies('TSK-11');
    await using it = await openFresh(
      freshUrl(),
      undefined,
      witnesses(() => ({ kind: 'reachable' })),
    );
    const report = await held(it, [commit]);
    const wrong = [{ proof: 'other', kind: 'commit_reachable', commit: COMMIT } as const];
    await expect(it.tasks.complete({ ...report, evidence: wrong }, LOCAL)).rejects.toThrow(
      /demands no proof `other`.*commit_reachable/,
    );
    expect(await it.tasks.complete({ ...report, evidence: named() }, LOCAL)).toMatchObject({
      status: 'completed',
    });
    const plain = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await expect(
      it.tasks.complete({ ...report, taskId: plain.id, evidence: named() }, LOCAL),
    ).rejects.toThrow(/it demands none/);
  });

  test('others approve: who did the work does not, and a rejection holds it back', async () => {
    verifies('TSK-11');
    const runs: string[] = [];
    await using it = await openFresh(
      freshUrl(),
      undefined,
      witnesses(() => ({ kind: 'reachable' }), runs),
    );
    const report = await held(it, [
      commit,
      { kind: 'tests_exit_code', command: 'unit', run_by: 'tutti' },
      { kind: 'reviewer_approval', role: 'lead', separate: 'principal' },
    ]);
    const { taskId } = report;
    await expect(it.tasks.approve(taskId, approval(), REVIEWER)).rejects.toMatchObject({
      details: { kind: 'wrong_state' },
    });
    expect(await it.tasks.complete({ ...report, evidence: named() }, LOCAL)).toMatchObject({
      status: 'waiting',
      reason: 'approval',
    });
    expect(runs).toEqual(['unit']);
    await expect(
      it.tasks.approve(taskId, approval({ agent_id: 'ada' }), { ...LOCAL, roles: ['lead'] }),
    ).rejects.toMatchObject({ code: 'refused' });
    await expect(
      it.tasks.approve(taskId, approval({ agent_id: 'ada' }), { ...STRANGER, roles: [] }),
    ).rejects.toMatchObject({ code: 'refused' });
    // The same principal, and one without the role.
    expect((await it.tasks.approve(taskId, approval(), { ...LOCAL, roles: ['lead'] })).status).toBe(
      'waiting',
    );
    expect((await it.tasks.approve(taskId, approval(), PERSON)).status).toBe('waiting');
    const rejected = await it.tasks.approve(
      taskId,
      approval({ decision: 'reject', comment: 'no tests' }),
      REVIEWER,
    );
    expect(rejected.message).toMatch(/rejects it: no tests/);
    await expect(it.tasks.approve(taskId, approval({ proof: 'x' }), REVIEWER)).rejects.toThrow(
      /no approval `x`/,
    );
    expect(missing(rejected)).toEqual(['reviewer_approval']);
    expect(await it.tasks.approve(taskId, approval(), REVIEWER)).toMatchObject({ status: 'completed' });
    // What was proven is not looked for again when somebody approves.
    expect(runs).toEqual(['unit']);
    expect((await it.tasks.history(taskId)).map(({ event }) => event)).toEqual([
      'submit',
      'assign',
      'complete',
      'prove',
      'prove',
      'prove',
      'prove',
    ]);
  });

  test('an approval counts for the evidence that it was given for, and for its attempt', async () => {
    verifies('TSK-11');
    let found: CommitFact = { kind: 'unreachable' };
    await using it = await openFresh(
      freshUrl(),
      undefined,
      witnesses(() => found),
    );
    const report = await held(it, [commit, { kind: 'reviewer_approval' }]);
    const { taskId } = report;
    await it.tasks.complete({ ...report, evidence: named() }, LOCAL);
    expect(missing(await it.tasks.approve(taskId, approval(), PERSON))).toEqual(['commit_reachable']);
    found = { kind: 'reachable' };
    const swapped = await it.tasks.prove({ ...report, evidence: named('b'.repeat(40)) }, LOCAL);
    expect(missing(swapped)).toEqual(['reviewer_approval']);
    await it.tasks.release({ ...report, reason: '' }, LOCAL);
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const second = await it.tasks.complete({ ...report, claim: 2 }, LOCAL);
    expect(second.status).toBe('waiting');
    expect(missing(await it.tasks.get(taskId))).toEqual(['commit_reachable', 'reviewer_approval']);
  });

  test('work under review asks nothing of its agent: no slot, no time, and it outlives the agent', async () => {
    verifies('TSK-11', 'AGT-05', 'TSK-04');
    let aheadMs = 0;
    const nowMs = (): number => Date.now() + aheadMs;
    const database = await openTest(freshUrl(), { migrations: MIGRATIONS, wallMs: nowMs });
    await using it = await openOn(database.over<object>(), { ...systemClock, nowMs });
    await it.budgets.set({ kind: 'agent', id: 'ada' }, { wall_time_ms: 3_600_000 });
    await it.agent({ id: 'ada', maxConcurrentTasks: 1 });
    const costs = { budget: { wall_time: '60s' }, timeout: '30s' };
    const { id: taskId } = await it.task({ evidence: [{ kind: 'reviewer_approval' }], ...costs });
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const report = { taskId, agentId: 'ada', claim: 1 };
    expect(await it.tasks.complete({ ...report, result: 7 }, LOCAL)).toMatchObject({ reason: 'approval' });
    expect(it.agents.get('ada').current_tasks).toBe(0);
    expect(await it.agents.held('ada', LOCAL)).toEqual([]);
    // The one slot is free for other work, and begun.
    const { id: other } = await it.task({ ...costs, retryPolicy: { maxRetries: 3 } });
    expect((await it.agents.next('ada', 5_000, LOCAL, signal))?.task.id).toBe(other);
    await it.tasks.start({ ...report, taskId: other }, LOCAL);
    expect((await it.tasks.why(taskId)).next).toEqual([
      `Look at what was done, and approve it: tutti approve ${taskId}`,
    ]);
    // An hour later its agent is taken for dead. What bob does has the store looked through.
    aheadMs = 3_600_000;
    await it.agent({ id: 'bob' });
    const soon = await it.task({ timeout: '1s', assigned_agent_id: 'bob' });
    await it.agents.next('bob', 5_000, LOCAL, signal);
    await it.tasks.start({ taskId: soon.id, agentId: 'bob', claim: 1 }, LOCAL);
    await eventually(async () => (await it.tasks.get(other)).status === 'pending');
    expect(it.agents.get('ada').phase).toBe('Unknown');
    expect(await it.tasks.get(taskId)).toMatchObject({ status: 'waiting', reason: 'approval', claim: 1 });
    await it.agents.deregister('ada', LOCAL);
    expect(await it.tasks.approve(taskId, approval(), PERSON)).toMatchObject({
      status: 'completed',
      result: 7,
      assigned_agent_id: 'ada',
    });
    // The hour was nobody's work, and what was reserved is free.
    const [time] = await it.budgets.get({ kind: 'agent', id: 'ada' });
    expect(time?.reserved).toBe(0);
    expect(time?.spent).toBeLessThan(3_600_000);
  });

  test("rejected work is its agent's again, for as long as an attempt may take", async () => {
    verifies('TSK-11', 'TSK-07');
    let aheadMs = 0;
    const nowMs = (): number => Date.now() + aheadMs;
    const database = await openTest(freshUrl(), { migrations: MIGRATIONS, wallMs: nowMs });
    await using it = await openOn(database.over<object>(), { ...systemClock, nowMs });
    await it.agent({ id: 'ada', heartbeatInterval: '1h' });
    const evidence = [{ kind: 'reviewer_approval' } as const];
    const { id: taskId } = await it.task({ evidence, timeout: '3s', retryPolicy: { initialDelay: 0 } });
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const report = { taskId, agentId: 'ada', claim: 1 };
    await it.tasks.complete(report, LOCAL);
    // Reviewing takes as long as it takes.
    aheadMs = 600_000;
    // The store is looked through with the new time.
    await it.agent({ id: 'bob' });
    const no = approval({ decision: 'reject', comment: 'no tests' });
    expect(await it.tasks.approve(taskId, no, PERSON)).toMatchObject({ reason: 'evidence' });
    expect(it.agents.get('ada').current_tasks).toBe(1);
    expect((await it.agents.notice('ada', LOCAL)).unproven).toMatchObject([
      { task_id: taskId, claim: 1, why: expect.stringContaining('rejects it: no tests') },
    ]);
    // It did it again: the same reviewer has to look.
    expect(await it.tasks.prove({ ...report, evidence: [] }, LOCAL)).toMatchObject({ reason: 'approval' });
    expect(it.agents.get('ada').current_tasks).toBe(0);
    expect((await it.agents.notice('ada', LOCAL)).unproven).toBeUndefined();
    expect(await it.tasks.approve(taskId, no, PERSON)).toMatchObject({ reason: 'evidence' });
    // Nothing comes: the attempt has failed, and the next one knows why.
    await eventually(async () => (await it.tasks.get(taskId)).status === 'pending');
    const again = await it.tasks.get(taskId);
    expect(again).toMatchObject({ attempts: 1, error: { code: 'unproven' } });
    expect(again.error?.message).toContain('no tests');
    expect(it.agents.get('ada').current_tasks).toBe(0);
    await expect(it.tasks.approve(taskId, approval(), PERSON)).rejects.toMatchObject({
      details: { kind: 'wrong_state' },
    });
  });

  test('an agent approves where its role lets it', async () => {
    verifies('TSK-11', 'AGT-07');
    await using it = await openFresh(freshUrl());
    const { taskId, ...report } = await held(it, [{ kind: 'reviewer_approval' }]);
    await it.agent({ id: 'wanda' });
    await it.agent({ id: 'rex', role: 'Reviewer' });
    await it.tasks.complete({ ...report, taskId }, LOCAL);
    const by = { ...LOCAL, roles: [] };
    await expect(it.tasks.approve(taskId, approval({ agent_id: 'wanda' }), by)).rejects.toThrow(
      /the role Worker, which does not allow "approve"/,
    );
    expect(await it.tasks.approve(taskId, approval({ agent_id: 'rex' }), by)).toMatchObject({
      status: 'completed',
    });
  });

  test('facts that were gathered for other evidence are gathered again', async () => {
    verifies('TSK-11');
    const asked: string[] = [];
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    await using it = await openFresh(
      freshUrl(),
      undefined,
      witnesses(async (of) => {
        asked.push(of);
        if (asked.length === 1) {
          entered.resolve();
          await gate.promise;
        }
        return { kind: of === COMMIT ? 'reachable' : 'unreachable' };
      }),
    );
    const report = await held(it, [commit, { kind: 'reviewer_approval' }]);
    await it.tasks.complete(report, LOCAL);
    const slow = it.tasks.prove({ ...report, evidence: named() }, LOCAL);
    await entered.promise;
    await it.tasks.prove({ ...report, evidence: named('b'.repeat(40)) }, LOCAL);
    gate.resolve();
    expect(missing(await slow)).toEqual(['reviewer_approval']);
    expect(asked).toEqual([COMMIT, 'b'.repeat(40), COMMIT]);
  });
});
