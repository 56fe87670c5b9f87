// A task's question, answered by the person at the client of the agent that asks: clients of both eras.

import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { verifies } from '../verifies.ts';
import { ADA, agentGateway, BOB, claimOf, GIVES_UP_MS, openAgent } from './agent-world.ts';
import { type Elicit, GENERATIONS } from './key-clients.ts';

const at = agentGateway();
let last = 0;

describe.each(GENERATIONS)('%s', (generation) => {
  /** An agent with a task, submitted with its own key unless another is given. */
  async function working(elicit: Elicit, by = ADA, registration: object = {}) {
    const stack = new AsyncDisposableStack();
    const ada = stack.use(await openAgent(generation, at.gateway.mcpUrl, ADA, elicit));
    const other = stack.use(await openAgent(generation, at.gateway.mcpUrl, by));
    const agent = `asker-${(last += 1)}`;
    await ada.use('register_agent', { id: agent, capabilities: [agent], ...registration });
    const { task } = await other.use('create_task', { description: 'x', required_capabilities: [agent] });
    const claimed = claimOf(agent, await ada.use('next_task', { agent_id: agent, wait_seconds: 45 }));
    return { ada, other, agent, claimed, id: task?.id, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  }

  test(
    'the person is shown the question as a form, and the answer is that of the task',
    async () => {
      verifies('TSK-14');
      const asked: unknown[] = [];
      await using it = await working((form) => {
        asked.push(form);
        return Promise.resolve({ action: 'accept', content: { answer: 'red' } });
      });
      const question = { prompt: 'Which colour?', type: 'choice', choices: ['red', 'blue'] };
      expect(await it.ada.use('ask_person', { ...it.claimed, ...question })).toMatchObject({
        answered: true,
        response: 'red',
        by: 'ada',
      });
      expect(asked).toMatchObject([
        {
          message: 'Which colour?',
          requestedSchema: { properties: { answer: { type: 'string', enum: ['red', 'blue'] } } },
        },
      ]);
      expect((await it.ada.use('get_task', { task_id: it.id })).task).toMatchObject({
        status: 'in_progress',
      });
    },
    GIVES_UP_MS,
  );

  test(
    'who declines is heard; who only closes the form leaves the question to others',
    async () => {
      verifies('TSK-14');
      let action: 'decline' | 'cancel' = 'decline';
      await using it = await working(() => Promise.resolve({ action }));
      const question = { ...it.claimed, prompt: 'Sure?', type: 'confirmation', wait_seconds: 0 };
      expect(await it.ada.use('ask_person', question)).toMatchObject({ answered: true, cancelled: true });
      action = 'cancel';
      expect(await it.ada.use('ask_person', question)).toMatchObject({ answered: false });
      await it.other.use('answer_task', { task_id: it.id, response: true });
      expect(await it.ada.use('get_answer', it.claimed)).toMatchObject({ answered: true, response: true });
    },
    GIVES_UP_MS,
  );

  test(
    'a form that is open keeps its agent alive, and whoever answers first counts',
    async () => {
      verifies('TSK-14', 'AGT-05');
      const shown = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      await using it = await working(
        async () => {
          shown.resolve();
          await gate.promise;
          return { action: 'accept', content: { answer: 'late' } };
        },
        ADA,
        { heartbeatInterval: '2s' },
      );
      const asking = it.ada.use('ask_person', { ...it.claimed, prompt: 'Well?' });
      await shown.promise;
      const heard = async (): Promise<number> => {
        const { agent } = await it.other.use('get_agent_status', { agent_id: it.agent });
        return Date.parse(String(Object(agent).last_heartbeat));
      };
      const first = await heard();
      await eventually(async () => (await heard()) > first, { timeoutMs: 60_000 });
      await it.other.use('answer_task', { task_id: it.id, response: 'first' });
      gate.resolve();
      expect(await asking).toMatchObject({ answered: true, response: 'first' });
    },
    GIVES_UP_MS,
  );

  test(
    'nobody is asked who may not answer, and nobody for a secret',
    async () => {
      verifies('TSK-14', 'SEC-03');
      let forms = 0;
      const elicit: Elicit = () => {
        forms += 1;
        return Promise.resolve({ action: 'accept', content: { answer: 'x' } });
      };
      await using of = await working(elicit, BOB);
      const question = { ...of.claimed, prompt: 'May I?', wait_seconds: 0 };
      expect(await of.ada.use('ask_person', question)).toMatchObject({ answered: false });
      await using own = await working(elicit);
      const secret = { ...own.claimed, prompt: 'The key?', type: 'secret', wait_seconds: 0 };
      expect(await own.ada.use('ask_person', secret)).toMatchObject({ answered: false });
      expect(forms).toBe(0);
    },
    GIVES_UP_MS,
  );
});
