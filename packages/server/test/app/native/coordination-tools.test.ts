// The tools of agents and tasks as clients see them: their names, what they take and say of themselves, and who sees them.

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { COORDINATION_TOOLS, FILE_TOOLS } from '../../../src/app/native/coordination/coordination-names.ts';
import { createCoordinationTools } from '../../../src/app/native/coordination/coordination-tools.ts';
import { noticeText } from '../../../src/app/native/coordination/notice-text.ts';
import { reportOf, statusOf } from '../../../src/app/native/coordination/status-words.ts';
import { leanSchema } from '../../../src/app/native/lean-schema.ts';
import { ownRules } from '../../../src/app/native/own-rules.ts';
import { accessOf } from '../../../src/policy/access.ts';
import { INSTANCE_ADMIN, LOCAL, type Principal } from '../../../src/policy/principal.ts';
import { atOwnEndpoint, decideTool } from '../../../src/policy/rule.ts';
import { verifies } from '../../../../../test/verifies.ts';

const DefinitionSchema = z.object({
  name: z.string(),
  description: z.string(),
  inputSchema: z.object({
    properties: z.record(z.string(), z.unknown()),
    required: z.array(z.string()).default([]),
    additionalProperties: z.literal(false),
  }),
  outputSchema: z.object({ properties: z.record(z.string(), z.unknown()) }),
  annotations: z.object({
    readOnlyHint: z.boolean(),
    destructiveHint: z.boolean(),
    idempotentHint: z.boolean(),
  }),
});

const tools = createCoordinationTools(() => {
  throw new Error('nothing runs here');
}).map(({ definition }) => DefinitionSchema.parse(definition));

/** The parameters that clients of the framework send; a question mark: it may be left out. */
const PARAMETERS: Readonly<Record<string, string>> = {
  register_agent: 'id name? role? model_type? model_version? capabilities?',
  deregister_agent: 'agent_id',
  find_agents: 'capabilities? role? statuses? model_type? group? active_within_seconds?',
  get_agent_status: 'agent_id',
  set_agent_status: 'agent_id status',
  report_status: 'agent_id status current_task? progress_metric?',
  heartbeat: 'agent_id',
  list_roles: '',
  assign_role: 'agent_id role assigning_agent_id',
  next_task: 'agent_id wait_seconds? with_context?',
  get_task_context: 'task_id',
  wait_for_task: 'agent_id? task_id? wait_seconds?',
  create_task: 'description id? priority? payload? deadline? depends_on? assigned_agent_id?',
  start_task: 'agent_id task_id claim',
  complete_task: 'agent_id task_id claim result? evidence? usage?',
  prove_task: 'agent_id task_id claim evidence?',
  approve_task: 'task_id decision comment? proof? agent_id?',
  why_task: 'task_id agent_id?',
  list_budgets: 'kind? id? agent_id?',
  ask_person: 'agent_id task_id claim prompt type? choices? default? required? timeout? wait_seconds?',
  get_answer: 'agent_id task_id claim wait_seconds?',
  answer_task: 'task_id response? cancelled? agent_id?',
  delegate_subtask:
    'coordinator_agent_id assigned_agent_id subtask_id subtask_description contextual_data? parent_task_id? deadline?',
  submit_plan: 'tasks budget?',
  decompose_task: 'task available_models?',
  assign_subtasks: 'subtasks available_models?',
  merge_results: 'results strategy?',
  compare_models: 'model_ids capabilities?',
  acquire_file_lock: 'agent_id file_path mode? paths? reason? task_id? ttl_seconds? wait_seconds?',
  release_file_lock: 'agent_id file_path? lease_id?',
  check_file_lock: 'file_path agent_id?',
  create_entities: 'entities',
  update_node: 'name entityType? observations? metadata?',
  delete_entities: 'entityNames',
  add_observations: 'observations',
  delete_observations: 'deletions',
  create_relations: 'relations',
  delete_relations: 'relations',
  read_graph: '',
  search_nodes: 'query',
  open_nodes: 'names',
  prepare_add_kg_entity: 'name entityType observations?',
  prepare_add_kg_relation: 'from to relationType weight?',
  prepare_query_kg: 'query',
  prepare_ingest_doc_to_kb: 'title content',
  prepare_retrieve_from_doc_kb: 'query limit?',
  create_project: 'name description? lead_agent_id? initial_status?',
  get_project: 'project_id',
  list_projects: 'status?',
  update_project: 'project_id name? description? status? lead_agent_id?',
  create_goal: 'name description? project_id? initial_status?',
  get_goal: 'goal_id',
  list_goals: 'project_id? status?',
  update_goal: 'goal_id name? description? project_id? status?',
  link_workflow_to_goal: 'workflow_id goal_id',
  link_step_to_external_task: 'workflow_id step_id external_system external_task_id',
  send_message: 'sender_id recipient_id? thread_id? content urgent?',
  broadcast_message: 'sender_id recipient_ids content urgent?',
  get_messages: 'agent_id thread_id? limit? since?',
  check_new_messages: 'agent_id',
  ack_messages: 'agent_id message_ids',
  create_thread: 'creator_id title participants? initial_message?',
  create_critical_thread: 'creator_id title participants initial_message wait_for_responses? timeout_ms?',
  join_thread: 'agent_id thread_id',
  get_thread_details: 'thread_id',
  add_participant_to_thread: 'agent_id thread_id participant_id',
  remove_participant_from_thread: 'agent_id thread_id participant_id',
  archive_thread: 'agent_id thread_id',
};

test('have the names that the rules about them know', () => {
  verifies('AGT-02', 'AGT-03', 'AGT-04', 'AGT-07', 'TSK-05', 'TSK-09', 'KNW-01', 'PRJ-01');
  expect(tools.map(({ name }) => name).toSorted()).toEqual([...COORDINATION_TOOLS, ...FILE_TOOLS].toSorted());
});

test.each(Object.entries(PARAMETERS))('%s takes %s', (name, parameters) => {
  verifies('AGT-02', 'AGT-03', 'AGT-04', 'AGT-07', 'TSK-05', 'TSK-09', 'KNW-01', 'PRJ-01');
  const schema = tools.find((tool) => tool.name === name)?.inputSchema;
  const { properties = {}, required = [] } = schema ?? {};
  for (const parameter of parameters.split(' ').filter((word) => word !== '')) {
    const [plain = ''] = parameter.split('?', 1);
    expect(Object.keys(properties)).toContain(plain);
    expect(required.includes(plain)).toBe(plain === parameter);
  }
});

describe.each(tools)('$name', ({ inputSchema, outputSchema, annotations, description }) => {
  test('says what it does', () => {
    verifies('GW-21', 'OPS-19');
    expect(description.length).toBeGreaterThan(10);
    const { readOnlyHint, destructiveHint } = annotations;
    expect(readOnlyHint && destructiveHint).toBe(false);
    if (readOnlyHint) expect(annotations.idempotentHint).toBe(true);
    // Whatever changes something takes a key.
    expect('idempotency_key' in inputSchema.properties).toBe(!readOnlyHint);
    expect(JSON.stringify([inputSchema, outputSchema])).not.toMatch(/\$ref|"pattern"|9007199254740991/);
  });
});

test('a schema keeps properties that are called like keywords', () => {
  verifies('GW-21');
  const schema = z.object({ pattern: z.string().regex(/x/), $ref: z.int(), any: z.json() });
  expect(leanSchema(z.toJSONSchema(schema))).toEqual({
    type: 'object',
    properties: { pattern: { type: 'string' }, $ref: { type: 'integer' }, any: {} },
    required: ['pattern', '$ref', 'any'],
    additionalProperties: false,
  });
});

const ROOT = { name: 'repo', path: '/repo' };
const rulesOf = (shown: 'auto' | 'on' | 'off', roots = [ROOT]) =>
  ownRules({ coordination: { tools: shown, files: { roots } } });
const agent: Principal = { id: 'bot', type: 'user', roles: ['agent'] };
const developer: Principal = { id: 'dev', type: 'user', roles: ['dev'] };

describe('are seen', () => {
  const seen = (setting: 'auto' | 'on' | 'off', who: Principal, tool: string): string => {
    const { rules } = accessOf(who, rulesOf(setting));
    const allows = (those: typeof rules): boolean =>
      decideTool(those, { server: 'tutti', tool, isDestructive: () => false }).effect === 'allow';
    return [allows(rules) ? '/mcp' : '', allows(atOwnEndpoint(rules)) ? '/mcp/tutti' : ''].join(' ').trim();
  };
  test.each<['auto' | 'on' | 'off', Principal, string, string]>([
    ['auto', LOCAL, '/mcp/tutti', ''],
    ['auto', agent, '/mcp /mcp/tutti', ''],
    ['auto', INSTANCE_ADMIN, '/mcp /mcp/tutti', '/mcp /mcp/tutti'],
    ['auto', developer, '', ''],
    ['on', LOCAL, '/mcp /mcp/tutti', ''],
    ['on', agent, '/mcp /mcp/tutti', ''],
    ['on', developer, '', ''],
    ['off', LOCAL, '', ''],
    ['off', agent, '', ''],
    ['off', INSTANCE_ADMIN, '', '/mcp /mcp/tutti'],
  ])('with coordination.tools %s by %o at %s', (setting, who, coordination, core) => {
    verifies('AGT-02', 'SEC-03');
    expect(seen(setting, who, 'next_task')).toBe(coordination);
    expect(seen(setting, who, 'core_events')).toBe(core);
    expect(seen(setting, who, 'file_write')).toBe(coordination);
  });

  test('those of files only where roots are declared', () => {
    verifies('LCK-04');
    const { rules } = accessOf(agent, rulesOf('on', []));
    const decide = (tool: string): string =>
      decideTool(rules, { server: 'tutti', tool, isDestructive: () => false }).effect;
    expect(['file_read', 'file_write', 'acquire_file_lock'].map(decide)).toEqual(['deny', 'deny', 'allow']);
  });

  test('by those who see different things through views of their own', () => {
    verifies('SEC-03');
    const rules = rulesOf('auto');
    expect(accessOf(LOCAL, rules).digest).not.toBe(accessOf(LOCAL, rulesOf('on')).digest);
    expect(accessOf(LOCAL, rules).digest).not.toBe(
      accessOf(
        LOCAL,
        rules.map((rule) => ({ ...rule, isForCatalog: undefined })),
      ).digest,
    );
  });
});

test('words of other systems for how an agent is mean one of ours', () => {
  verifies('AGT-04');
  expect((['online', 'busy', 'blocked', 'idle'] as const).map(statusOf)).toEqual([
    'available',
    'working',
    'working',
    'idle',
  ]);
  expect(reportOf('blocked', {})).toEqual({ status: 'working', error_info: 'blocked' });
  expect(reportOf('blocked', { error_info: 'no disk' })).toEqual({
    status: 'working',
    error_info: 'no disk',
  });
  expect(reportOf('busy', { progress_metric: 0.5 })).toEqual({ status: 'working', progress_metric: 0.5 });
});

test('a notice says what there is to know, and nothing where there is nothing', () => {
  verifies('AGT-04');
  expect(noticeText(undefined) + noticeText({ unread: 0, must_read: [], offered: [], lost: [] })).toBe('');
  const lost = Array.from({ length: 12 }, (_, index) => ({
    task_id: `t${index}`,
    claim: 1,
    reason: 'timed out',
  }));
  const text = noticeText({
    unread: 2,
    must_read: [],

    offered: [{ task_id: 'o', claim: 3 }],
    lost,
  });
  expect(text).toContain('t0 (claim 1): timed out');
  expect(text).toContain('and 2 more. Stop working on them.');
  expect(text).toContain('o (claim 3)');
  expect(text).toContain('2 unread messages');
});
