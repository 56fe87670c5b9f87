import { TaskQuestionSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { ADMIN, LOCAL, openFresh, STRANGER, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;

async function working(it: TestCoordination) {
  await it.agent({ id: 'ada' });
  const { id: taskId } = await it.task({ timeout: '30s' });
  await it.agents.next('ada', 5_000, LOCAL, signal);
  return { taskId, agentId: 'ada', claim: 1 };
}

describe.each(stores)('questions on $name', ({ freshUrl }) => {
  test('a task asks, a person answers, the agent goes on', async () => {
    verifies('TSK-14');
    await using it = await openFresh(freshUrl());
    const report = await working(it);
    const put = {
      ...report,
      question: TaskQuestionSchema.parse({
        agent_id: 'ada',
        claim: 1,
        prompt: 'Which colour?',
        type: 'choice',
        choices: ['red', 'blue'],
      }),
    };
    const waiting = await it.tasks.ask(put, LOCAL);
    expect(waiting.status).toBe('waiting');
    expect(await it.tasks.get(report.taskId)).toMatchObject({
      status: 'waiting',
      reason: 'input',
      question: { prompt: 'Which colour?', choices: ['red', 'blue'] },
    });
    expect(await it.tasks.answerFor(report, LOCAL, { waitMs: 50, signal })).toEqual({ answered: false });
    const given = it.tasks.answerFor(report, LOCAL, { waitMs: 20_000, signal });
    await expect(
      it.tasks.answer(report.taskId, { response: 'green', cancelled: false }, ADMIN),
    ).rejects.toThrow(/choose one of red, blue/);
    await expect(
      it.tasks.answer(report.taskId, { response: 'red', cancelled: false }, STRANGER),
    ).rejects.toMatchObject({ code: 'refused' });
    expect(await it.tasks.answer(report.taskId, { response: 'red', cancelled: false }, ADMIN)).toMatchObject({
      status: 'in_progress',
    });
    expect(await given).toEqual({ answered: true, response: 'red', cancelled: false, by: 'admin' });
    expect((await it.tasks.get(report.taskId)).question).toBeUndefined();
    await expect(
      it.tasks.answer(report.taskId, { response: 'red', cancelled: false }, ADMIN),
    ).rejects.toMatchObject({ details: { kind: 'wrong_state' } });
  });

  test('when nobody answers, the default counts, or the attempt fails', async () => {
    verifies('TSK-14');
    await using it = await openFresh(freshUrl());
    const report = await working(it);
    const ask = (more: object) =>
      it.tasks.ask(
        {
          ...report,
          question: TaskQuestionSchema.parse({
            agent_id: 'ada',
            claim: 1,
            prompt: 'Sure?',
            type: 'confirmation',
            timeout: 1,
            ...more,
          }),
        },
        LOCAL,
      );
    await ask({ default: true });
    expect(await it.tasks.answerFor(report, LOCAL, { waitMs: 20_000, signal })).toMatchObject({
      response: true,
      by: 'nobody',
    });
    await ask({});
    await eventually(async () => (await it.tasks.get(report.taskId)).status === 'pending');
    expect(await it.tasks.get(report.taskId)).toMatchObject({ error: { code: 'no_answer' } });
  });

  test('why tells what a task waits for and why an agent has it', async () => {
    verifies('TSK-13', 'TSK-03');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', capabilities: ['sum'], maxConcurrentTasks: 1, tags: ['fast'] });
    await it.agent({ id: 'bob' });
    const wanted = { required_capabilities: ['sum'], preferredTags: ['fast'] };
    const first = await it.task(wanted);
    const second = await it.task(wanted);
    expect(await it.tasks.why(second.id)).toMatchObject({
      status: 'pending',
      ahead: 1,
      agents: { free: 1, suiting: 1, obstacles: { capabilities: 1 } },
    });
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const held = await it.tasks.why(first.id);
    expect(held).toMatchObject({ status: 'assigned', assignment: { agent_id: 'ada', claim: 1, among: 1 } });
    expect(held.assignment?.score).toMatchObject({ preferred: 10, free: 5 });
    const why = await it.tasks.why(second.id);
    expect(why.summary).toMatch(/1 have no free slot/);
    expect(why.next).toEqual(['An agent has to end one of its tasks, or take more at once.']);
    await it.tasks.fail(
      { taskId: first.id, agentId: 'ada', claim: 1, error: 'ouch', retryable: true },
      LOCAL,
    );
    expect((await it.tasks.why(first.id)).attempts).toMatchObject([
      { claim: 1, agent_id: 'ada', ended_by: 'fail', message: 'ouch' },
    ]);
    const lonely = await it.task({ required_capabilities: ['fly'] });
    expect((await it.tasks.why(lonely.id)).next).toEqual([
      'Register an agent of the domain default with fly.',
    ]);
  });

  test('whoever waits for a task hears when it ends', async () => {
    verifies('TSK-05');
    await using it = await openFresh(freshUrl());
    const report = await working(it);
    const ended = it.tasks.ended(report.taskId, { waitMs: 20_000, signal });
    await it.tasks.complete({ ...report, result: 1 }, LOCAL);
    expect(await ended).toMatchObject({ status: 'completed', result: 1 });
  });
});
