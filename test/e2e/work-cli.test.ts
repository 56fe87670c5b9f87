// Agents and tasks from the command line, against a running Tutti: documents, lists, descriptions, what a person decides.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NextTaskSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { callerWith, startWorkGateway, type ApiCaller } from './work-world.ts';

let gateway: Gateway;
let local: ApiCaller;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  gateway = await startWorkGateway();
  local = callerWith(gateway);
  env = { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url };
}, 120_000);
afterAll(() => gateway.close(), 60_000);

const cli = (...args: readonly string[]): Promise<CliResult> => runCli(args, { env });

async function applied(name: string, text: string, ...more: readonly string[]): Promise<CliResult> {
  const file = join(gateway.folder, name);
  await writeFile(file, text);
  return await cli('apply', '-f', file, ...more);
}

const TASK = (name: string, more = ''): string => `
apiVersion: tutti.dev/v1alpha1
kind: Task
metadata: { name: ${name} }
spec:
  description: clean the table
  required_capabilities: [cleaning]
  timeout: 2m
  retryPolicy: { maxRetries: 0 }
${more}`;

const AGENT = `
apiVersion: tutti.dev/v1alpha1
kind: Agent
metadata: { name: ada }
spec: { capabilities: [cleaning], domain: default, role: QA }
`;

test('a file of agents and tasks is registered and submitted, and again it changes nothing', async () => {
  verifies('OPS-05', 'OPS-19');
  const text = `${AGENT}---${TASK('clean-1')}`;
  const first = await applied('work.yaml', text);
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(first.stdout).toBe('agent/ada registered (Ready)\ntask/clean-1 created (pending)\n');
  const again = await applied('work.yaml', text, '-o', 'json');
  expect(JSON.parse(again.stdout)).toEqual({
    items: [
      { kind: 'Agent', name: 'ada', change: 'registered', status: 'Ready' },
      { kind: 'Task', name: 'clean-1', change: 'unchanged', status: 'pending' },
    ],
  });
  expect((await local('GET', '/tasks/clean-1')).body).toMatchObject({ timeout: 120, created_by: 'admin' });
  const other = await applied('other.yaml', TASK('clean-1', '  payload: 1\n'));
  expect(other).toMatchObject({ exitCode: 4, stdout: '' });
  expect(other.stderr).toContain('There is a task clean-1 already');
});

test("conductor's documents are taken as they are", async () => {
  verifies('OPS-05');
  const text = JSON.stringify({
    apiVersion: 'mcp.io/v1',
    kind: 'Task',
    metadata: { name: 'their-task', namespace: 'default', uid: 'x' },
    spec: {
      domain: 'infra',
      requiredCapabilities: ['list-pods'],
      priority: 8,
      retryPolicy: { maxRetries: 1, backoffStrategy: 'linear', initialDelay: '1s' },
      timeout: '60s',
    },
  });
  expect((await applied('theirs.json', text)).stdout).toBe('task/their-task created (pending)\n');
  expect((await local('GET', '/tasks/their-task')).body).toMatchObject({
    domain: 'infra',
    required_capabilities: ['list-pods'],
    priority: 8,
    timeout: 60,
    retryPolicy: { maxRetries: 1, backoff: 'linear', initialDelay: 1 },
  });
});

describe('a file that is wrong changes nothing', () => {
  test.each([
    ['an unknown field', TASK('wrong', '  colour: blue\n'), 'document 1: Unrecognized key: "colour"'],
    ['no description', 'apiVersion: tutti.dev/v1alpha1\nkind: Task\nspec: {}\n', 'description:'],
    [
      'something else beside it',
      `${TASK('wrong')}---\nkind: Toolset\n`,
      'document 2 is no Agent, Task, Plan or Budget',
    ],
  ])('%s', async (_, text, message) => {
    const { exitCode, stderr, stdout } = await applied('wrong.yaml', text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect((await local('GET', '/tasks/wrong')).status).toBe(404);
  });

  test('nor does --dry-run', async () => {
    const { stdout } = await applied('dry.yaml', TASK('dry'), '--dry-run');
    expect(stdout).toBe('Nothing is wrong with it.\n');
    expect((await local('GET', '/tasks/dry')).status).toBe(404);
  });
});

test('agents and tasks are listed and described', async () => {
  verifies('OPS-05', 'AGT-03');
  await local('POST', '/agents', { id: 'bea', capabilities: ['baking'], group: 'kitchen', domain: 'home' });
  await local('POST', '/tasks', {
    id: 'bread',
    description: 'bake\u001b[31m bread',
    domain: 'home',
    required_capabilities: ['baking'],
    retryPolicy: { maxRetries: 0 },
  });
  const next = await local('POST', '/agents/bea/next', { wait_seconds: 30 });
  const { claim } = NextTaskSchema.parse(next.body);
  await local('POST', '/tasks/bread/fail', { agent_id: 'bea', claim, error: 'no flour' });

  const agents = await cli('get', 'agents', '--group', 'kitchen');
  expect(agents.stdout).toMatch(/^ID +ROLE +DOMAIN +PHASE +SAYS +TASKS +DONE +FAILED +HEARD +NOTE\n/);
  expect(agents.stdout).toMatch(/\nbea +Worker +home +Ready +available +0\/5 +0 +1 /);
  expect(agents.stdout).not.toContain('ada');
  const tasks = await cli('get', 'tasks', '--domain', 'home', '--status', 'failed', 'completed');
  expect(tasks.stdout).toMatch(/\nbread +failed +5 +home +bea +1 .*bake bread +no flour\n/);
  expect((await cli('get', 'tasks', '--dead-letter', '-o', 'json')).stdout).toContain('"id": "bread"');
  expect((await cli('get', 'task', '--agent', 'nobody')).stdout).toContain('There are no such tasks.');

  const agent = await cli('describe', 'agent', 'bea');
  for (const line of [/^Capabilities: +baking$/m, /^Phase: +Ready$/m, /^Done: +0 completed, 1 failed$/m])
    expect(agent.stdout).toMatch(line);
  expect(agent.stdout).toContain('AgentRegistered');
  const task = await cli('describe', 'task', 'bread');
  for (const line of [
    /^Status: +failed$/m,
    /^Error: +agent_failed: no flour$/m,
    /^Dead letter: +yes; do it again with: tutti retry bread$/m,
    /^Agent: +bea \(claim 1\)$/m,
    /^ {2}\S.* ago +assign +assigned +bea \(claim 1\)/m,
  ])
    expect(task.stdout).toMatch(line);
  expect(JSON.parse((await cli('describe', 'task', 'bread', '-o', 'json')).stdout)).toMatchObject({
    id: 'bread',
    history: [{ event: 'submit' }, { event: 'assign' }, { event: 'fail' }],
  });
  const events = await cli('events', '--kind', 'Task', 'bread');
  expect(events.stdout).toMatch(/! bread TaskFailed: no flour/);
});

test('a person cancels a task and has it done again', async () => {
  verifies('OPS-05', 'TSK-07');
  await local('POST', '/tasks', { id: 'soup', description: 'cook', required_capabilities: ['cooking'] });
  const cancelled = await cli('cancel', 'soup', '--reason', 'not hungry');
  expect(cancelled).toMatchObject({
    exitCode: 0,
    stdout: 'soup is cancelled: cancelled by admin: not hungry\n',
  });
  expect((await cli('retry', 'soup')).stdout).toMatch(/^soup is pending/);
  expect(await cli('retry', 'soup')).toMatchObject({ exitCode: 4, stdout: '' });
  for (const args of [
    ['cancel', 'none'],
    ['describe', 'task', 'none'],
    ['describe', 'agent', 'none'],
  ])
    expect(await cli(...args)).toMatchObject({ exitCode: 3, stdout: '' });
});

test('a person answers what a task asks, and is told why it stands where it stands', async () => {
  verifies('OPS-05', 'TSK-13', 'TSK-14');
  const lonely = { id: 'lonely', description: 'paint', required_capabilities: ['painting'] };
  await local('POST', '/tasks', lonely);
  expect((await cli('why', 'lonely')).stdout).toMatch(
    /^No registered agent could do it: .*\nNext: Register an agent of the domain default with painting\.\n/s,
  );
  await local('POST', '/agents', { id: 'vincent', capabilities: ['painting'] });
  await local('POST', '/agents/vincent/next', { wait_seconds: 10 });
  const question = { agent_id: 'vincent', claim: 1, prompt: 'Sunflowers?', type: 'confirmation' };
  await local('POST', '/tasks/lonely/ask', question);
  expect((await cli('why', 'lonely')).stdout).toMatch(/Next: Answer it: tutti answer lonely/);
  expect(await cli('answer', 'lonely', 'perhaps')).toMatchObject({ exitCode: 2, stdout: '' });
  expect(await cli('answer', 'lonely', 'true')).toMatchObject({
    exitCode: 0,
    stdout: 'lonely is in_progress.\n',
  });
  const answered = await local('POST', '/tasks/lonely/answered', { agent_id: 'vincent', claim: 1 });
  expect(answered.body).toMatchObject({ answered: true, response: true, by: 'admin' });
  expect(await cli('answer', 'lonely', 'true')).toMatchObject({ exitCode: 4, stdout: '' });
  await local('DELETE', '/agents/vincent');
});

test('a list that is watched goes on with what changes', async () => {
  verifies('OPS-05');
  await using watching = startCli(['get', 'tasks', '--domain', 'yard', '--watch', '-o', 'json'], { env });
  await eventually(async () => {
    await local('POST', '/tasks', { id: 'rake', description: 'rake', domain: 'yard' });
    return watching.stdout().includes('"change":"added"');
  });
  await local('POST', '/tasks/rake/cancel');
  await eventually(() => watching.stdout().includes('"change":"changed"'));
}, 60_000);
