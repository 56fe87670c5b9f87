// Proofs, reviews, questions and budgets as agents with nothing but tools have them, with clients of both eras.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { verifies } from '../verifies.ts';
import {
  ADA,
  agentGateway,
  type AgentClient,
  BOB,
  claimOf,
  GIVES_UP_MS,
  NEW,
  OLD,
  openAgent,
} from './agent-world.ts';
import { callerWith } from './work-world.ts';

const at = agentGateway();

describe.each([
  [NEW, OLD],
  [OLD, NEW],
])('%s reviews, %s works', (first, second) => {
  const suffix = first === NEW ? '1' : '2';
  const [reviewer, worker, idler] = [`rita${suffix}`, `will${suffix}`, `ida${suffix}`];
  const domain = `proofs${suffix}`;
  const clients = new AsyncDisposableStack();
  let ada: AgentClient;
  let bob: AgentClient;

  beforeAll(async () => {
    ada = clients.use(await openAgent(first, at.gateway.mcpUrl, ADA));
    bob = clients.use(await openAgent(second, at.gateway.mcpUrl, BOB));
    await ada.use('register_agent', { id: reviewer, role: 'Reviewer', domain });
    await ada.use('register_agent', { id: idler, domain });
    await bob.use('register_agent', { id: worker, capabilities: ['write'], domain });
  }, 60_000);
  afterAll(() => clients.disposeAsync(), 60_000);

  const submitted = async (more: object) => {
    const created = await ada.use('create_task', {
      agent_id: reviewer,
      description: 'Write it.',
      required_capabilities: ['write'],
      domain,
      ...more,
    });
    const taken = await bob.use('next_task', { agent_id: worker, wait_seconds: 45 });
    expect(taken.task?.id).toBe(created.task?.id);
    const claimed = claimOf(worker, taken);
    await bob.use('start_task', claimed);
    return { id: created.task?.id, claimed };
  };

  test(
    'work is rejected, done again, and approved',
    async () => {
      verifies('TSK-11', 'TSK-13', 'AGT-07');
      const { id, claimed } = await submitted({
        evidence: [{ kind: 'tests_exit_code', command: 'npm test' }, { kind: 'reviewer_approval' }],
      });
      const red = { kind: 'tests_exit_code', proof: 'tests_exit_code', exit_code: 1 };
      expect(await bob.text('complete_task', { ...claimed, result: 1, evidence: [red] })).toContain(
        'is waiting (evidence)',
      );
      expect(await bob.text('heartbeat', { agent_id: worker })).toMatch(
        /Not proven yet: .*`npm test` ended with 1 instead of 0.* call prove_task/,
      );
      const green = { ...red, exit_code: 0 };
      const proven = await bob.use('prove_task', { ...claimed, evidence: [green] });
      expect(proven.task).toMatchObject({
        status: 'waiting',
        reason: 'approval',
        evidence: { missing: [{ proof: 'reviewer_approval' }] },
      });
      expect(await ada.text('why_task', { task_id: id, agent_id: reviewer })).toMatch(
        /waits for an approval.*Next: Look at what was done/s,
      );
      const approve = (agent: string, more: object = {}) =>
        ada.use('approve_task', { task_id: id, agent_id: agent, decision: 'approve', ...more });
      await expect(approve(idler)).rejects.toThrow('does not allow "approve"');
      await expect(approve(worker)).rejects.toThrow('belongs to another principal');
      await expect(approve(reviewer, { proof: 'other' })).rejects.toThrow('demands no approval `other`');
      await approve(reviewer, { decision: 'reject', comment: 'too short' });
      const told = await bob.use('heartbeat', { agent_id: worker });
      expect(told.notice).toMatchObject({
        unproven: [{ task_id: id, claim: 1, why: expect.stringContaining('rejects it: too short') }],
      });
      await bob.use('prove_task', claimed);
      expect((await approve(reviewer)).task).toMatchObject({ status: 'completed' });
      expect((await bob.use('get_task', { task_id: id, agent_id: worker })).task).toMatchObject({
        status: 'completed',
        result: 1,
      });
    },
    GIVES_UP_MS,
  );

  test(
    'a question is asked, waited for, and answered',
    async () => {
      verifies('TSK-14', 'TSK-02');
      const { id, claimed } = await submitted({});
      const question = { prompt: 'Which colour?', type: 'choice', choices: ['red', 'blue'] };
      const asking = bob.use('ask_person', { ...claimed, ...question, wait_seconds: 45 });
      await eventually(async () => {
        const { task } = await ada.use('get_task', { task_id: id });
        return task?.status === 'waiting';
      });
      const answer = (response: unknown, more: object = {}) =>
        ada.use('answer_task', { task_id: id, agent_id: reviewer, response, ...more });
      await expect(answer('green')).rejects.toThrow('choose one of red, blue');
      await expect(bob.use('answer_task', { task_id: id, response: 'red' })).rejects.toThrow(
        'was submitted by another principal',
      );
      expect((await answer('red')).task).toMatchObject({ status: 'in_progress' });
      expect(await asking).toMatchObject({ answered: true, response: 'red', by: 'ada' });
      expect(await bob.use('get_answer', claimed)).toMatchObject({ answered: true, response: 'red' });

      const secret = { prompt: 'The key?', type: 'secret', wait_seconds: 0 };
      expect(await bob.use('ask_person', { ...claimed, ...secret })).toMatchObject({ answered: false });
      await answer(undefined, { cancelled: true });
      expect(await bob.text('get_answer', claimed)).toContain('ada does not want to answer');
      await bob.use('complete_task', claimed);
    },
    GIVES_UP_MS,
  );

  test(
    'what is left is seen, and what was used is told',
    async () => {
      verifies('TSK-12');
      const admin = callerWith(at.gateway, at.gateway.token);
      await admin('PUT', `/budgets/project/p${suffix}`, { tokens: 100 });
      const { claimed } = await submitted({ project_id: `p${suffix}`, budget: { tokens: 80 } });
      const left = () => ada.text('list_budgets', { kind: 'project', id: `p${suffix}`, agent_id: reviewer });
      expect(await left()).toContain(`project p${suffix}: 20 of 100 tokens are left`);
      await bob.use('fail_task', { ...claimed, error: 'no', retryable: false, usage: { tokens: 30 } });
      expect(await left()).toContain('70 of 100 tokens are left');
      const plan = (tokens: number) =>
        ada.text('submit_plan', {
          agent_id: reviewer,
          tasks: [{ id: 'a', description: 'a', budget: { tokens } }],
          domain,
          project_id: `p${suffix}`,
          dry_run: true,
        });
      expect(await plan(71)).toContain(`70 are left of the budget of project \`p${suffix}\``);
      expect(await plan(70)).toContain('is valid');
    },
    GIVES_UP_MS,
  );
});
