// Agents and tasks over HTTP, as their workers and those who submit call it: whose they are, what a claim is worth, and
// what bad input gets.

import { ApiAgentSchema, ApiTaskSchema, MAX_TASK_CONTENT_BYTES, NextTaskSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, BERT, callerWith, NOBODY, startWorkGateway, VERA, type ApiCaller } from './work-world.ts';

let gateway: Gateway;
let anna: ApiCaller;
let bert: ApiCaller;
let local: ApiCaller;
let admin: ApiCaller;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
  bert = callerWith(gateway, BERT);
  local = callerWith(gateway);
  admin = callerWith(gateway, gateway.token);
}, 120_000);
afterAll(() => gateway.close(), 60_000);

let lastId = 0;
/** An agent that nobody else has, which alone can do what it is for. */
async function anAgent(call: ApiCaller, more: object = {}): Promise<string> {
  const id = `agent-${(lastId += 1)}`;
  const { status } = await call('POST', '/agents', { id, capabilities: [`only-${id}`], ...more });
  expect(status).toBe(200);
  return id;
}

async function aTask(call: ApiCaller, agentId: string, more: object = {}): Promise<string> {
  const answer = await call('POST', '/tasks', {
    description: 'work',
    required_capabilities: [`only-${agentId}`],
    ...more,
  });
  return ApiTaskSchema.parse(answer.body).id;
}

/** The next task of the agent, and the number of its claim. */
async function next(
  call: ApiCaller,
  agentId: string,
): Promise<{ readonly id: string; readonly claim: number }> {
  const { body } = await call('POST', `/agents/${agentId}/next`, { wait_seconds: 30 });
  const { task, claim } = NextTaskSchema.parse(body);
  if (task === undefined || claim === undefined) throw new Error('there was no task');
  return { id: task.id, claim };
}

describe('a task', () => {
  test('goes from its submission to its result', async () => {
    verifies('AGT-04', 'TSK-02', 'OPS-04');
    const agent = await anAgent(anna);
    const submitted = await bert('POST', '/tasks', {
      description: 'add two numbers',
      required_capabilities: [`only-${agent}`],
      priority: 'high',
      payload: { numbers: [1, 2] },
    });
    expect(submitted.status).toBe(200);
    const { id, ...pending } = ApiTaskSchema.parse(submitted.body);
    expect(pending).toMatchObject({ status: 'pending', reason: 'ready', priority: 8, created_by: 'bert' });

    const offered = NextTaskSchema.parse(
      (await anna('POST', `/agents/${agent}/next`, { wait_seconds: 30 })).body,
    );
    expect(offered).toMatchObject({
      claim: 1,
      task: { id, status: 'assigned', payload: { numbers: [1, 2] } },
    });
    const proof = { agent_id: agent, claim: 1 };
    expect((await anna('POST', `/tasks/${id}/start`, proof)).body).toMatchObject({ status: 'in_progress' });
    expect((await anna('GET', `/agents/${agent}/tasks`)).body).toMatchObject({
      items: [{ claim: 1, task: { id } }],
    });
    expect((await anna('POST', `/tasks/${id}/progress`, { ...proof, progress: 0.5 })).body).toMatchObject({
      progress: 0.5,
    });
    expect((await anna('POST', `/tasks/${id}/complete`, { ...proof, result: 3 })).body).toMatchObject({
      status: 'completed',
    });

    expect((await local('GET', `/tasks/${id}`)).body).toMatchObject({ status: 'completed', result: 3 });
    expect((await local('GET', `/tasks/${id}/history`)).body).toMatchObject({
      items: ['submit', 'assign', 'start', 'progress', 'complete'].map((event) => ({ event })),
    });
    expect((await local('GET', `/agents/${agent}`)).body).toMatchObject({ completed: 1, current_tasks: 0 });
  });

  test('is listed by what it is, page by page', async () => {
    verifies('OPS-04');
    const agent = await anAgent(anna);
    const ids = [await aTask(anna, agent), await aTask(anna, agent), await aTask(anna, agent)];
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await local('GET', `/tasks?status=pending,assigned&limit=2${cursor}`);
      const page = body as { items: { id: string; payload?: unknown }[]; nextCursor?: string };
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids.toReversed());
    const handed = await next(anna, agent);
    expect((await local('GET', `/tasks?agent=${agent}`)).body).toMatchObject({ items: [{ id: handed.id }] });
  });

  test('that is cancelled is refused to its holder; it can be done again', async () => {
    verifies('TSK-07');
    const agent = await anAgent(anna);
    await aTask(bert, agent);
    const { id, claim } = await next(anna, agent);
    expect((await anna('POST', `/tasks/${id}/cancel`)).error).toMatchObject({ status: 403, code: 'refused' });
    expect((await bert('POST', `/tasks/${id}/cancel`, { reason: 'not needed' })).body).toMatchObject({
      status: 'cancelled',
      message: 'cancelled by bert: not needed',
    });
    const late = await anna('POST', `/tasks/${id}/complete`, { agent_id: agent, claim });
    expect(late.error).toMatchObject({ status: 409, code: 'conflict', details: { kind: 'already_done' } });
    const told = await anna('POST', `/agents/${agent}/heartbeat`, {});
    expect(told.body).toMatchObject({ notice: { lost: [{ task_id: id, claim }] } });
    expect((await bert('POST', `/tasks/${id}/retry`)).body).toMatchObject({ status: 'pending' });
    expect(await next(anna, agent)).toEqual({ id, claim: claim + 1 });
  });

  test('that fails for good is a dead letter', async () => {
    verifies('TSK-07');
    const agent = await anAgent(anna);
    const id = await aTask(bert, agent, { retryPolicy: { maxRetries: 0 } });
    const { claim } = await next(anna, agent);
    const failed = await anna('POST', `/tasks/${id}/fail`, { agent_id: agent, claim, error: 'no luck' });
    expect(failed.body).toMatchObject({
      status: 'failed',
      dead_letter: true,
      error: { code: 'agent_failed' },
    });
    expect((await local('GET', '/tasks?dead_letter=true')).body).toMatchObject({ items: [{ id }] });
  });
});

describe('an agent', () => {
  test('is found by what it is', async () => {
    verifies('AGT-03');
    const one = await anAgent(anna, { role: 'QA', model_type: 'gpt', group: 'blue', domain: 'shop' });
    const two = await anAgent(anna, { role: 'QA', domain: 'shop' });
    const found = async (query: string): Promise<readonly string[]> => {
      const { body } = await local('GET', `/agents?${query}`);
      return (body as { items: { id: string }[] }).items.map(({ id }) => id);
    };
    expect(await found('role=QA&domain=shop')).toEqual([one, two].toSorted());
    expect(await found(`capabilities=only-${one}`)).toEqual([one]);
    expect(await found('model_type=gpt')).toEqual([one]);
    expect(await found('group=blue&statuses=available,idle')).toEqual([one]);
    expect(await found('group=blue&statuses=offline,error')).toEqual([]);
    expect(await found('domain=shop&active_within_seconds=3600')).toEqual([one, two].toSorted());
    expect(await found('domain=shop&limit=1')).toEqual([[one, two].toSorted()[0]]);
  });

  test('tells how it is, is drained, and hands its work back when it leaves', async () => {
    verifies('AGT-04');
    const agent = await anAgent(anna);
    const said = await anna('POST', `/agents/${agent}/report`, { status: 'working', current_task: 'sums' });
    expect(said.body).toMatchObject({ status: 'working', current_task: 'sums', phase: 'Ready' });
    const id = await aTask(bert, agent);
    await next(anna, agent);
    expect((await anna('POST', `/agents/${agent}/drain`)).body).toMatchObject({ phase: 'Terminating' });
    expect((await anna('DELETE', `/agents/${agent}`)).status).toBe(204);
    expect((await anna('GET', `/agents/${agent}`)).error).toMatchObject({ status: 404, code: 'not_found' });
    expect((await local('GET', `/tasks/${id}`)).body).toMatchObject({ status: 'pending' });
  });

  test('belongs to the key that registered it', async () => {
    verifies('OPS-19');
    const agent = await anAgent(anna);
    const again = await anna('POST', '/agents', { id: agent, role: 'Planner' });
    expect(ApiAgentSchema.parse(again.body)).toMatchObject({ owner: 'anna', role: 'Planner' });
    const taken = await bert('POST', '/agents', { id: agent });
    expect(taken.error).toMatchObject({ status: 409, code: 'conflict', details: { kind: 'id_taken' } });
    for (const [method, path] of [
      ['POST', 'heartbeat'],
      ['POST', 'report'],
      ['POST', 'drain'],
      ['POST', 'next'],
      ['GET', 'tasks'],
      ['GET', 'work'],
    ] as const) {
      const { error } = await bert(method, `/agents/${agent}/${path}`, method === 'GET' ? undefined : {});
      expect({ path, code: error?.code }).toEqual({ path, code: 'refused' });
    }
    expect((await admin('POST', `/agents/${agent}/drain`)).status).toBe(200);
  });
});

describe('a request again', () => {
  test('with its key gets the first answer', async () => {
    verifies('OPS-19');
    const key = { 'idempotency-key': 'submit once' };
    const task = { description: 'only once', required_capabilities: ['nobody can'] };
    const [first, second] = await Promise.all([
      bert('POST', '/tasks', task, key),
      bert('POST', '/tasks', task, key),
    ]);
    expect(second.body).toEqual(first.body);
    const another = await bert('POST', '/tasks', { ...task, description: 'another' }, key);
    expect(another.error).toMatchObject({ status: 409, details: { kind: 'key_reused' } });
    const elsewhere = await bert('POST', `/tasks/${ApiTaskSchema.parse(first.body).id}/cancel`, task, key);
    expect(elsewhere.status).toBeGreaterThanOrEqual(400);
    expect((await anna('POST', '/tasks', task, key)).body).not.toEqual(first.body);
  });

  test.each([
    ['none', ''],
    ['too long', 'k'.repeat(201)],
    ['no ASCII', 'schlüssel'],
  ])('refuses a key that is %s', async (_, key) => {
    const { error } = await bert('POST', '/tasks', { description: 'x' }, { 'idempotency-key': key });
    expect(error).toMatchObject({ status: 400, code: 'invalid_params' });
  });
});

describe('a report', () => {
  test('counts with the claim that is in force only, and once', async () => {
    verifies('TSK-04', 'OPS-19');
    const agent = await anAgent(anna);
    const other = await anAgent(bert);
    const id = await aTask(bert, agent);
    const first = await next(anna, agent);
    const proof = { agent_id: agent, claim: first.claim };
    await anna('POST', `/tasks/${id}/release`, { ...proof, reason: 'later' });
    const second = await next(anna, agent);
    const before = (await local('GET', `/tasks/${id}`)).body;
    const refused = async (call: ApiCaller, path: string, body: object) => {
      const { error } = await call('POST', `/tasks/${path}`, body);
      return [error?.status, error?.details?.['kind'] ?? error?.code];
    };
    expect(await refused(anna, `${id}/complete`, { agent_id: agent })).toEqual([400, 'invalid_params']);
    expect(await refused(anna, `${id}/complete`, proof)).toEqual([409, 'stale_claim']);
    expect(await refused(anna, `${id}/complete`, { ...proof, claim: 99 })).toEqual([409, 'stale_claim']);
    const now = { agent_id: agent, claim: second.claim };
    expect(await refused(bert, `${id}/complete`, now)).toEqual([403, 'refused']);
    expect(await refused(bert, `${id}/complete`, { ...now, agent_id: other })).toEqual([409, 'wrong_agent']);
    expect(await refused(anna, `${id}/start`, { ...now, agent_id: 'nobody' })).toEqual([404, 'not_found']);
    expect(await refused(anna, 'none/start', now)).toEqual([404, 'not_found']);
    expect((await local('GET', `/tasks/${id}`)).body).toEqual(before);
    expect((await anna('POST', `/tasks/${id}/complete`, now)).status).toBe(200);
    expect(await refused(anna, `${id}/complete`, now)).toEqual([409, 'already_done']);
    expect(await refused(anna, `${id}/progress`, now)).toEqual([409, 'already_done']);
  });

  test('again with its key is answered as the first', async () => {
    verifies('OPS-19');
    const agent = await anAgent(anna);
    const id = await aTask(bert, agent);
    const { claim } = await next(anna, agent);
    const complete = () =>
      anna(
        'POST',
        `/tasks/${id}/complete`,
        { agent_id: agent, claim, result: 1 },
        { 'idempotency-key': `done ${id}` },
      );
    const first = await complete();
    expect(first.status).toBe(200);
    expect(await complete()).toEqual(first);
  });
});

describe('bad input', () => {
  test.each([
    ['POST', '/agents', '', 400],
    ['POST', '/agents', '{', 400],
    ['POST', '/agents', '{"id":"a\\u0000b"}', 400],
    ['POST', '/agents', '{"id":"x","unknown":1}', 400],
    ['POST', '/agents', JSON.stringify({ id: 'x', capabilities: Array.from({ length: 65 }, String) }), 400],
    ['POST', '/agents', `{"id":"${'x'.repeat(300_000)}"}`, 413],
    ['POST', '/agents/none/heartbeat', '{}', 404],
    ['POST', '/agents/none/next', '{"wait_seconds":46}', 400],
    ['POST', '/agents/none/next', '{}', 404],
    ['GET', '/agents/none/work', undefined, 404],
    ['GET', '/agents/none/work?slots=0', undefined, 400],
    ['DELETE', '/agents/none', undefined, 404],
    ['GET', '/agents?statuses=asleep', undefined, 400],
    ['GET', '/agents?colour=blue', undefined, 400],
    ['GET', '/tasks?status=done', undefined, 400],
    ['GET', '/tasks?limit=0', undefined, 400],
    ['GET', '/tasks?cursor=elsewhere', undefined, 400],
    ['GET', '/tasks/none', undefined, 404],
    ['GET', '/tasks/none/history', undefined, 404],
    ['POST', '/tasks', '{"description":""}', 400],
    ['POST', '/tasks', '{"description":"x","priority":11}', 400],
    ['POST', '/tasks', '{"description":"x","depends_on":["none"]}', 400],
    ['POST', '/tasks', '{"description":"x","deadline":"2001-01-01T00:00:00Z"}', 400],
    ['POST', '/tasks', `{"description":"x","payload":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 400],
    [
      'POST',
      '/tasks',
      JSON.stringify({ description: 'x', payload: 'x'.repeat(MAX_TASK_CONTENT_BYTES) }),
      413,
    ],
    [
      'POST',
      '/tasks',
      JSON.stringify({ description: 'x', payload: 'x'.repeat(3 * MAX_TASK_CONTENT_BYTES) }),
      413,
    ],
    ['POST', '/tasks/none/cancel', '{}', 404],
    ['POST', '/tasks/none/retry', '{}', 404],
    ['PUT', '/tasks', '{}', 404],
  ])('%s %s is answered with an error that says what is wrong', async (method, path, body, status) => {
    const { error } = await local(method, path, body);
    expect(error).toMatchObject({ status });
    expect(error?.detail).toMatch(/\w/);
  });

  test('an id that is there already is refused', async () => {
    const { error } = await local('POST', '/tasks', { id: await aTask(local, 'nobody'), description: 'x' });
    expect(error).toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('who may', () => {
  test('is what the role of a key says', async () => {
    const vera = callerWith(gateway, VERA);
    const nobody = callerWith(gateway, NOBODY);
    const agent = await anAgent(local);
    for (const call of [anna, vera, nobody, local, admin])
      for (const path of ['/agents', `/agents/${agent}`, '/tasks'])
        expect((await call('GET', path)).status).toBe(200);
    for (const call of [vera, nobody]) {
      expect((await call('POST', '/tasks', { description: 'x' })).error).toMatchObject({ code: 'refused' });
      expect((await call('GET', `/agents/${agent}/work`)).error).toMatchObject({ code: 'refused' });
      expect((await call('DELETE', `/agents/${agent}`)).error).toMatchObject({ code: 'refused' });
    }
    // The rest of the API is as it was.
    expect((await anna('POST', '/reload')).error).toMatchObject({ code: 'refused' });
    expect((await local('POST', '/reload')).error).toMatchObject({ code: 'unauthorized' });
    expect((await callerWith(gateway, 'wrong')('GET', '/tasks')).error).toMatchObject({
      code: 'unauthorized',
    });
  });
});
