// Agents that go away while they wait for work, or before they read what they were given: nothing is lost with them.

import { describe, expect, test } from 'vitest';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import {
  ADA,
  agentGateway,
  type AgentClient,
  claimOf,
  GIVES_UP_MS,
  headersOf,
  NEW,
  OLD,
  openAgent,
} from './agent-world.ts';
import type { Generation } from './key-clients.ts';

const at = agentGateway();

describe.each([NEW, OLD])('an agent behind %s that goes away', (generation) => {
  const domain = generation === NEW ? 'gone1' : 'gone2';
  const leaver = `leaver-${domain}`;

  test('while it waits gets no work; others do', { timeout: GIVES_UP_MS }, async () => {
    verifies('TSK-05');
    await using client = await openAgent(generation, at.gateway.mcpUrl, ADA);
    await register(client, domain);
    const leaving = new AbortController();
    const waits = client.use(
      'next_task',
      { agent_id: leaver, wait_seconds: 45 },
      { signal: leaving.signal, onprogress: () => leaving.abort() },
    );
    await expect(waits).rejects.toThrow();
    await othersWork(client, domain);
  });

  test(
    'with its connection cut while it waits gets no work; others do',
    { timeout: GIVES_UP_MS },
    async () => {
      verifies('TSK-05');
      await using client = await openAgent(generation, at.gateway.mcpUrl, ADA);
      await register(client, domain);
      await cutNext(generation, leaver, 'notifications/progress');
      await othersWork(client, domain);
    },
  );
});

test(
  'a task that was handed out in an answer which nobody got is offered again',
  { timeout: GIVES_UP_MS },
  async () => {
    verifies('TSK-05', 'TSK-04');
    await Promise.all(
      [NEW, OLD].map(async (generation) => {
        const domain = generation === NEW ? 'lost1' : 'lost2';
        const leaver = `leaver-${domain}`;
        await using client = await openAgent(generation, at.gateway.mcpUrl, ADA);
        await register(client, domain);
        const { task } = await client.use('create_task', { description: 'work', domain });
        await cutNext(generation, leaver, '"claim"');
        const offered = await client.use('wait_for_task', { agent_id: leaver });
        expect(offered).toMatchObject({ task: { id: task?.id, status: 'assigned' }, claim: 1 });
        let steps = 0;
        const again = await client.use(
          'next_task',
          { agent_id: leaver, wait_seconds: 45 },
          { onprogress: () => void (steps += 1) },
        );
        expect(again).toMatchObject({ task: { id: task?.id }, claim: 1 });
        // Clients that hear of progress do not give up.
        expect(steps).toBeGreaterThan(1);
        await client.use('complete_task', claimOf(leaver, again));
      }),
    );
  },
);

async function register(client: AgentClient, domain: string): Promise<void> {
  for (const id of [`leaver-${domain}`, `stayer-${domain}`])
    await client.use('register_agent', { id, domain, maxConcurrentTasks: 1 });
}

/** Within one call, which waits for less than an offer stands that nobody takes. */
async function othersWork(client: AgentClient, domain: string): Promise<void> {
  const stayer = `stayer-${domain}`;
  const { task } = await client.use('create_task', { description: 'work', domain });
  const handed = await client.use('next_task', { agent_id: stayer, wait_seconds: 45 });
  expect(handed.task?.id).toBe(task?.id);
  await client.use('complete_task', claimOf(stayer, handed));
}

/** Calls next_task over a connection of its own, which is cut as soon as a message with the text has come. */
async function cutNext(generation: Generation, agent: string, text: string): Promise<void> {
  const cut = new AbortController();
  const call = { name: 'next_task', arguments: { agent_id: agent, wait_seconds: 45 } };
  const onMessage = (message: Buffer): void => {
    if (message.includes(text)) cut.abort();
  };
  const options = { ...headersOf(ADA), signal: cut.signal, onMessage };
  if (generation === NEW) {
    const params = JSON.stringify(call);
    await modernRequest(at.gateway.mcpUrl, 'tools/call', params, { ...options, meta: '"progressToken":"p"' });
  } else {
    const params = JSON.stringify({ ...call, _meta: { progressToken: 'p' } });
    const session = await openLegacy(at.gateway.mcpUrl, headersOf(ADA));
    await session.request('tools/call', params, options);
  }
  expect(cut.signal.aborted).toBe(true);
}
