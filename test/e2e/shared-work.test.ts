// Knowledge, projects and goals as agents and people share them: over HTTP, as tools, through the SDK and the command line
// of a running Tutti.

import type { ApiEvent } from '@tutti/schemas';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { connectWithKey, type KeyClient } from './key-clients.ts';
import { ANNA, BERT, callerWith, NOBODY, startWorkGateway, VERA, type ApiCaller } from './work-world.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let anna: ApiCaller;
let vera: ApiCaller;
let client: TuttiClient;
let tools: KeyClient;

beforeAll(async () => {
  gateway = await startWorkGateway();
  stack.defer(() => gateway.close());
  anna = callerWith(gateway, ANNA);
  vera = callerWith(gateway, VERA);
  client = createTuttiClient({ url: gateway.url, token: BERT });
  tools = stack.use(await connectWithKey('SDK v2 modern', gateway.mcpUrl, ANNA));
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const cli = async (...args: readonly string[]): Promise<string> => {
  const env = { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url };
  const { exitCode, stdout, stderr } = await runCli(args, { env });
  return exitCode === 0 ? stdout : `${exitCode} ${stderr}`;
};

async function use(tool: string, args: Record<string, unknown>): Promise<unknown> {
  const { text, isError, structured } = await tools.call(tool, args);
  if (isError) throw new Error(text);
  return structured;
}

describe('knowledge', () => {
  test('is added by tools, with the names that clients know, and found by everybody', async () => {
    verifies('KNW-01', 'OPS-04', 'OPS-05', 'OPS-19');
    const entities = [
      { name: 'paymentService', entityType: 'service', observations: ['takes money', 'written in Go'] },
      { name: 'Anna', entityType: 'person' },
    ];
    const once = { entities, idempotency_key: 'e1' };
    const created = { created: ['paymentService', 'Anna'], existing: [] };
    expect(await use('create_entities', once)).toMatchObject(created);
    expect(await use('create_entities', once)).toMatchObject(created);
    expect(await use('create_entities', { entities })).toMatchObject({ created: [] });
    const owns = { from: 'Anna', to: 'paymentService', relationType: 'owns' };
    expect(await use('create_relations', { relations: [owns] })).toMatchObject({ created: 1, existing: 0 });
    await use('add_observations', {
      observations: [{ entityName: 'Anna', contents: ['is on call', 'likes tea'] }],
    });
    await use('delete_observations', { deletions: [{ entityName: 'Anna', observations: ['likes tea'] }] });
    await use('update_node', { name: 'Anna', metadata: { team: 'shop' } });
    await expect(use('create_relations', { relations: [{ ...owns, to: 'nobody' }] })).rejects.toThrow(
      'no entity named "nobody"',
    );
    await expect(use('search_nodes', { query: 'money', unknown: 1 })).rejects.toThrow('unknown');

    const found = (await tools.call('search_nodes', { query: 'payment' })).text;
    expect(found).toBe('paymentService (service)\n- takes money\n- written in Go');
    expect(await use('open_nodes', { names: ['Anna', 'Bob'] })).toMatchObject({
      entities: [{ name: 'Anna', observations: ['is on call'], metadata: { team: 'shop' } }],
      relations: [owns],
      missing: ['Bob'],
    });
    expect(await use('read_graph', { limit: 1 })).toMatchObject({ total_entities: 2, total_relations: 1 });

    expect(await client.knowledge.graphs()).toMatchObject([{ project_id: 'default', entities: 2 }]);
    expect(await client.knowledge.search('on call money')).toMatchObject({
      entities: [{ name: 'Anna' }, { name: 'paymentService' }],
      relations: [owns],
    });
    expect((await client.knowledge.search('call', { type: 'service' })).entities).toEqual([]);
    expect(await cli('get', 'entities')).toMatch(/paymentService +service +2 .*takes money\nAnna +person/);
    expect(await cli('get', 'entities', '--search', 'tea')).toContain('Nothing of that is known.');
    const described = await cli('describe', 'entity', 'Anna');
    expect(described).toMatch(/Observations:\n +is on call/);
    expect(described).toMatch(/Relations:\n +Anna +owns +paymentService/);
    expect(await cli('describe', 'entity', 'Bob')).toMatch(/^3 /);

    expect(await use('delete_relations', { relations: [owns] })).toMatchObject({ deleted: 1 });
    expect(await use('delete_entities', { entityNames: ['Anna', 'Bob'] })).toMatchObject({
      deleted: ['Anna'],
      missing: ['Bob'],
    });
  });

  test('is changed through the API by those who work, and read by those who may look', async () => {
    verifies('KNW-01', 'OPS-04', 'SEC-03');
    const project = 'api';
    const options = { project, idempotencyKey: 'k' };
    const entity = { name: 'a/b & c', entityType: 'odd' };
    await client.knowledge.createEntities([entity], options);
    expect(await client.knowledge.createEntities([entity], options)).toEqual({
      created: ['a/b & c'],
      existing: [],
    });
    await client.knowledge.createEntities([{ name: 'other', entityType: 'odd' }], { project });
    await client.knowledge.createRelations(
      [{ from: 'a/b & c', to: 'other', relationType: 'is near', weight: 0.5 }],
      { project },
    );
    await client.knowledge.addObservations([{ entityName: 'other', contents: ['seen'] }], { project });
    await client.knowledge.deleteObservations([{ entityName: 'other', observations: ['seen'] }], { project });
    const renamed = await client.knowledge.updateNode('a/b & c', { new_name: 'plain' }, { project });
    expect(renamed.name).toBe('plain');
    expect(await client.knowledge.open(['plain', 'other'], { project })).toMatchObject({
      relations: [{ from: 'plain', to: 'other', weight: 0.5 }],
    });
    const first = await client.knowledge.graph({ project, limit: 2 });
    const rest = await client.knowledge.graph({ project, limit: 2, cursor: first.nextCursor });
    expect([first.entities.length, rest.relations.length, rest.nextCursor]).toEqual([2, 1, undefined]);
    expect((await vera('GET', `/knowledge/graph?project=${project}`)).status).toBe(200);
    expect((await vera('POST', '/knowledge/entities/delete', { entityNames: ['plain'] })).status).toBe(403);
    expect(
      (await callerWith(gateway, NOBODY)('POST', '/knowledge/entities', { entities: [entity] })).status,
    ).toBe(403);
    await client.knowledge.deleteRelations([{ from: 'plain', to: 'other', relationType: 'is near' }], {
      project,
    });
    expect(await client.knowledge.deleteEntities(['plain', 'other'], { project })).toMatchObject({
      deleted_relations: 0,
    });
    for (const [method, path, body] of [
      ['POST', '/knowledge/entities', { entities: [] }],
      ['POST', '/knowledge/entities', { entities: [{ ...entity, more: 1 }] }],
      ['POST', '/knowledge/relations', { relations: [{ from: 'a', to: 'b', relationType: 'c', weight: 2 }] }],
      ['GET', '/knowledge/nodes', undefined],
      ['GET', '/knowledge/search', undefined],
      ['GET', '/knowledge/graph?limit=0', undefined],
      ['GET', '/knowledge/graph?cursor=x', undefined],
    ] as const)
      expect((await anna(method, path, body)).status, `${method} ${path}`).toBe(400);
    expect((await anna('PATCH', '/knowledge/entities/none', {})).status).toBe(404);
    expect(
      (await anna('POST', '/knowledge/entities', { entities: [{ ...entity, name: 'x'.repeat(300) }] }))
        .status,
    ).toBe(400);
    const large = Array.from({ length: 60 }, (_, n) => `${n}${'x'.repeat(3_900)}`);
    expect(
      (await anna('POST', '/knowledge/entities', { entities: [{ ...entity, observations: large }] })).status,
    ).toBe(413);
  });

  test('goes with a task, where it is asked for', async () => {
    verifies('KNW-01', 'OPS-04');
    await use('create_entities', {
      entities: [{ name: 'how to sum', entityType: 'note', observations: ['sums start at zero'] }],
    });
    await use('register_agent', { id: 'ada', capabilities: ['sums'] });
    const work = { description: 'make the sums', required_capabilities: ['sums'], workflow_id: 'wf1' };
    const { id } = await client.tasks.submit(work);
    const known = { knowledgeEntities: [{ name: 'how to sum', type: 'note' }] };
    expect(await client.tasks.context(id)).toMatchObject({ workflow: { id: 'wf1' }, step: { id }, ...known });
    expect(await use('get_task_context', { task_id: id })).toMatchObject(known);
    const handed = await tools.call('next_task', { agent_id: 'ada', with_context: true });
    expect(handed.structured).toMatchObject({ task: { id }, context: known });
    expect(handed.text).toContain('- sums start at zero');
    const second = await client.tasks.submit(work);
    const next = await createTuttiClient({ url: gateway.url, token: ANNA }).agents.next('ada', {
      waitSeconds: 30,
      withContext: true,
    });
    expect(next).toMatchObject({ task: { id: second.id }, context: known });
  });

  test('is prepared for somebody else to add', async () => {
    verifies('KNW-01');
    const PreparedSchema = z.object({
      server_name: z.literal('tutti'),
      tool_name: z.string(),
      arguments: z.record(z.string(), z.unknown()),
    });
    const prepared: readonly (readonly [string, Record<string, unknown>, string])[] = [
      ['prepare_add_kg_entity', { name: 'one', entityType: 'thing' }, 'create_entities'],
      ['prepare_add_kg_entity', { name: 'two', entityType: 'thing' }, 'create_entities'],
      ['prepare_add_kg_relation', { from: 'one', to: 'two', relationType: 'before' }, 'create_relations'],
      ['prepare_query_kg', { query: 'one' }, 'search_nodes'],
      ['prepare_ingest_doc_to_kb', { title: 'Rules', content: 'Be kind.\n\nBe brief.' }, 'create_entities'],
      ['prepare_retrieve_from_doc_kb', { query: 'kind' }, 'search_nodes'],
    ];
    const answers: unknown[] = [];
    for (const [tool, args, expected] of prepared) {
      const call = PreparedSchema.parse(await use(tool, { project_id: 'prepared', ...args }));
      expect(call.tool_name).toBe(expected);
      answers.push(await use(call.tool_name, call.arguments));
    }
    expect(answers).toMatchObject([
      { created: ['one'] },
      { created: ['two'] },
      { created: 1 },
      { entities: [{ name: 'one' }] },
      { created: ['Rules'] },
      { entities: [{ name: 'Rules', observations: ['Be kind.\n\nBe brief.'] }] },
    ]);
    await expect(use('prepare_ingest_doc_to_kb', { title: 'x', content: ' ' })).rejects.toThrow('space');
  });
});

describe('projects', () => {
  test('are made by tools, hold tasks, and tell how far they are', async () => {
    verifies('PRJ-01', 'OPS-04', 'OPS-05', 'OPS-19');
    const project = { name: 'Shop', description: 'sells', id: 'shop', lead_agent_id: 'ada' };
    expect(await use('create_project', { ...project, initial_status: 'active' })).toMatchObject({
      project: { id: 'shop', status: 'active' },
    });
    await expect(use('create_project', project)).rejects.toThrow('already');
    const goal = { id: 'pay', name: 'Payments', description: '', project_id: 'shop' };
    expect(await use('create_goal', goal)).toMatchObject({ goal: { status: 'backlog' } });
    await use('update_goal', { goal_id: 'pay', status: 'in_progress' });
    await use('link_workflow_to_goal', { workflow_id: 'wf1', goal_id: 'pay' });
    const link = { workflow_id: 'wf1', step_id: 's1', external_system: 'jira', external_task_id: 'P-1' };
    expect(await use('link_step_to_external_task', link)).toMatchObject(link);
    expect(await client.projects.externalLinks('wf1')).toEqual([link]);

    await use('create_task', { description: 'one', goal_id: 'pay', required_capabilities: ['nobody has'] });
    const other = await client.tasks.submit({ description: 'two', goal_id: 'pay', domain: 'x' });
    expect(other).toMatchObject({ project_id: 'shop', goal_id: 'pay' });
    await client.tasks.cancel(other.id);
    expect(await use('get_project', { project_id: 'shop' })).toMatchObject({
      project: { goals: { in_progress: 1 }, progress: { tasks: 2, open: 1, cancelled: 1 } },
    });
    expect((await tools.call('list_goals', { project_id: 'shop' })).text).toBe(
      'Goal pay "Payments" of shop is in_progress; 0 of 1 tasks completed (0 %), 0 failed.',
    );
    expect((await tools.call('list_projects', { status: 'archived' })).text).toBe('There are none.');
    expect(await use('get_goal', { goal_id: 'pay' })).toMatchObject({ goal: { workflow_ids: ['wf1'] } });
    await use('update_project', { project_id: 'shop', status: 'on_hold', lead_agent_id: null });
    await expect(use('update_project', { project_id: 'shop', status: 'odd' })).rejects.toThrow('status');

    expect(await cli('get', 'projects')).toMatch(/shop +Shop +on_hold +0\/1 +0\/1 +0 %/);
    expect(await cli('get', 'goals', '--project', 'shop', '--status', 'done')).toContain('no such goals');
    expect(await cli('describe', 'project', 'shop')).toMatch(/Goals:\n +pay +in_progress +Payments/);
    expect(await cli('describe', 'goal', 'pay')).toMatch(/Workflows: +wf1/);
    expect(await cli('describe', 'goal', 'none')).toMatch(/^3 .*no goal none/);
    const told = (reason: string) => (events: readonly ApiEvent[]) =>
      events.some((event) => event.reason === reason);
    const admin = createTuttiClient({ url: gateway.url, token: gateway.token });
    await eventually(async () => told('ProjectStatusChanged')(await admin.events({ kind: 'Project' })));
    expect(told('GoalCreated')(await admin.events({ kind: 'Goal', name: 'pay' }))).toBe(true);
    const metrics = await (
      await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.token}` } })
    ).text();
    expect(metrics).toMatch(/tutti_knowledge_search_seconds_count [1-9]/);
    expect(metrics).toMatch(/tutti_project_changes_total\{kind="goal",what="status"\} 1/);
  });

  test('are changed through the API by those who work', async () => {
    verifies('PRJ-01', 'OPS-04', 'SEC-03');
    const once = { idempotencyKey: 'p' };
    const { id } = await client.projects.create({ name: 'API' }, once);
    expect((await client.projects.create({ name: 'API' }, once)).id).toBe(id);
    expect((await client.projects.update(id, { status: 'completed' })).status).toBe('completed');
    const goal = await client.goals.create({ name: 'reach it', project_id: id });
    expect((await client.goals.update(goal.id, { status: 'done' })).status).toBe('done');
    expect((await client.goals.linkWorkflow(goal.id, 'wf2')).workflow_ids).toEqual(['wf2']);
    expect((await client.projects.get(id)).goals.done).toBe(1);
    expect((await client.projects.list({ statuses: ['completed'] })).map((one) => one.id)).toEqual([id]);
    expect((await client.goals.list({ project: id })).map((one) => one.id)).toEqual([goal.id]);
    expect((await client.goals.get(goal.id)).name).toBe('reach it');
    expect((await vera('GET', '/projects')).status).toBe(200);
    expect((await vera('POST', '/projects', { name: 'x' })).status).toBe(403);
    expect((await vera('PATCH', `/goals/${goal.id}`, { name: 'x' })).status).toBe(403);
    for (const [path, body] of [
      ['/projects', {}],
      ['/projects', { name: 'x', initial_status: 'odd' }],
      ['/goals', { name: 'x', initial_status: 'active' }],
      ['/goals/none/workflows', { workflow_id: '' }],
    ] as const)
      expect((await anna('POST', path, body)).status, path).toBe(400);
    expect((await anna('POST', '/goals', { name: 'x', project_id: 'none' })).status).toBe(404);
    expect((await anna('GET', '/goals?status=odd')).status).toBe(400);
  });
});
