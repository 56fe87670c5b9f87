// Budgets and plans of a running Tutti: over HTTP, by the client of the SDK, and by the command line.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiBudgetListSchema, ApiSubmittedPlanSchema, NextTaskSchema } from '@tutti/schemas';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, callerWith, startWorkGateway, VERA, type ApiCaller } from './work-world.ts';

let gateway: Gateway;
let anna: ApiCaller;
let admin: ApiCaller;
let sdk: TuttiClient;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
  admin = callerWith(gateway, gateway.token);
  sdk = createTuttiClient({ url: gateway.url, token: gateway.token });
}, 120_000);
afterAll(() => gateway.close(), 60_000);

const cliAs = (token: string, ...args: readonly string[]): Promise<CliResult> =>
  runCli(args, { env: { TUTTI_TOKEN: token, TUTTI_URL: gateway.url } });

async function applied(text: string, ...more: readonly string[]): Promise<CliResult> {
  const file = join(gateway.folder, 'applied.yaml');
  await writeFile(file, text);
  return await cliAs(gateway.token, 'apply', '-f', file, ...more);
}

async function budgetOf(path: string): Promise<Readonly<Record<string, object>>> {
  const { items } = ApiBudgetListSchema.parse((await anna('GET', `/budgets/${path}`)).body);
  return Object.fromEntries(items.map(({ unit, scope: _scope, ...rest }) => [unit, rest]));
}

describe('a budget', () => {
  test('is seen by who works, and set by administrators alone', async () => {
    verifies('TSK-12', 'OPS-04', 'SEC-03');
    const put = (call: ApiCaller) => call('PUT', '/budgets/project/shop', { tokens: 10 });
    const [byAnna, byVera, byLocal] = await Promise.all([
      put(anna),
      put(callerWith(gateway, VERA)),
      put(callerWith(gateway)),
    ]);
    expect([byAnna.status, byVera.status, byLocal.status]).toEqual([403, 403, 401]);
    expect((await put(admin)).body).toEqual({
      items: [
        {
          scope: { kind: 'project', id: 'shop' },
          unit: 'tokens',
          limit: 10,
          reserved: 0,
          spent: 0,
          overrun: 0,
          available: 10,
        },
      ],
    });
    const reads = [anna, callerWith(gateway, VERA), callerWith(gateway)];
    const seen = await Promise.all(reads.map((call) => call('GET', '/budgets/project/shop')));
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await admin('PUT', '/budgets/project/shop', { tokens: null })).body).toEqual({ items: [] });
  });

  test.each([
    ['an unknown kind', '/budgets/planet/earth', { tokens: 1 }, 'use project, run, agent or task_tree'],
    ['an unknown unit', '/budgets/run/r', { words: 1 }, 'words'],
    ['less than nothing', '/budgets/run/r', { tokens: -1 }, 'tokens'],
    ['a part', '/budgets/run/r', { tokens: 1.5 }, 'tokens'],
    ['more than can be added', '/budgets/run/r', { tokens: 2 ** 53 }, 'tokens'],
    ['a time that is none', '/budgets/run/r', { wall_time: 'soon' }, 'wall_time'],
    ['no JSON', '/budgets/run/r', 'much', 'JSON'],
  ])('with %s is refused', async (_, path, body, message) => {
    verifies('TSK-12');
    const { status, error } = await admin('PUT', path, body);
    expect(status).toBe(400);
    expect(error?.detail).toContain(message);
  });

  test('stops work hard, and lets it go on when there is room', async () => {
    verifies('TSK-12', 'TSK-13');
    await admin('PUT', '/budgets/project/site', {
      tokens: 1_000,
      money_micros: 5_000_000,
      wall_time: '10m',
      tasks: 3,
    });
    await anna('POST', '/agents', { id: 'ada', capabilities: ['build'], maxConcurrentTasks: 4 });
    const task = (id: string, more: object = {}) =>
      anna('POST', '/tasks', {
        id,
        description: 'build it',
        required_capabilities: ['build'],
        project_id: 'site',
        budget: { tokens: 600, money_micros: 2_000_000, wall_time: '2m' },
        ...more,
      });
    await task('one');
    await task('two');
    const next = async (): Promise<string | undefined> =>
      NextTaskSchema.parse((await anna('POST', '/agents/ada/next', { wait_seconds: 5 })).body).task?.id;
    expect(await next()).toBe('one');
    expect(await budgetOf('project/site')).toMatchObject({
      tokens: { reserved: 600, available: 400 },
      money_micros: { reserved: 2_000_000 },
      wall_time_ms: { limit: 600_000, reserved: 120_000 },
      tasks: { spent: 2, available: 1 },
    });
    await eventually(async () => {
      await anna('POST', '/agents/ada/next', {});
      const { body } = await anna('GET', '/tasks/two');
      expect(body).toMatchObject({ status: 'pending', reason: 'budget' });
      return true;
    });
    expect((await cliAs(ANNA, 'why', 'two')).stdout).toContain(
      'the budget of project `site` does not allow 600 tokens: 400 of 1000 are left',
    );
    // A part of it counts for the same project; a fourth task is one too many.
    expect((await task('three', { project_id: undefined, parent_task_id: 'one' })).body).toMatchObject({
      project_id: 'site',
    });
    const fourth = await task('four');
    expect([fourth.status, fourth.error?.details]).toEqual([
      403,
      expect.objectContaining({ kind: 'over_budget' }),
    ]);
    await anna('POST', '/tasks/three/cancel');
    // It tells what it used: more than it said.
    await anna('POST', '/tasks/one/start', { agent_id: 'ada', claim: 1 });
    const usage = { tokens: 700, money_micros: 1 };
    await anna('POST', '/tasks/one/fail', {
      agent_id: 'ada',
      claim: 1,
      error: 'no',
      retryable: false,
      usage,
    });
    expect(await budgetOf('project/site')).toMatchObject({
      tokens: { reserved: 0, spent: 700, overrun: 0, available: 300 },
      money_micros: { reserved: 0, spent: 1 },
      wall_time_ms: { reserved: 0 },
    });
    // With more room it goes on at once.
    await admin('PUT', '/budgets/project/site', { tokens: 2_000 });
    expect(await next()).toBe('two');
    await anna('POST', '/tasks/two/complete', { agent_id: 'ada', claim: 1 });
    // Who does not say what was used is charged what was reserved.
    expect(await budgetOf('project/site')).toMatchObject({ tokens: { reserved: 0, spent: 1_300 } });
  });
});

const BUDGET = (limits: string): string => `
apiVersion: tutti.dev/v1alpha1
kind: Budget
spec:
  scope: { kind: run, id: nightly }
  limits: ${limits}
`;
const PLAN = (tasks: string, name = 'release'): string => `
apiVersion: tutti.dev/v1alpha1
kind: Plan
metadata: { name: ${name} }
spec:
  workflow_id: nightly
  on_unsatisfiable: wait
  tasks:
${tasks}`;
const GOOD = `
    - { id: build, description: build, write_set: [out/], budget: { tokens: 10, wall_time: 5m } }
    - { id: test, description: test, depends_on: [build], budget: { tokens: 10 } }
`;

describe('the command line', () => {
  test('sets budgets from a file, lists and describes them, and takes them away', async () => {
    verifies('TSK-12', 'OPS-05');
    expect(await applied(BUDGET('{ tokens: 50, tasks: 3 }'))).toMatchObject({
      exitCode: 0,
      stdout: 'budget/run/nightly set (tasks, tokens)\n',
    });
    const listed = await cliAs(VERA, 'get', 'budgets', '--kind', 'run');
    expect(listed.stdout).toMatch(
      /^KIND +ID +UNIT +LIMIT +RESERVED +SPENT +OVERRUN +AVAILABLE\nrun +nightly +tasks +3 +0 +0 +0 +3\nrun +nightly +tokens +50 /,
    );
    expect((await cliAs(VERA, 'describe', 'budget', 'run', 'nightly')).stdout).toMatch(
      /^UNIT +LIMIT .*\ntasks +3 +0 +0 +0 +3\ntokens +50 +0 +0 +0 +50\n$/,
    );
    expect(await cliAs(VERA, 'describe', 'budget', 'run', 'nighty')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('Did you mean "nightly"?'),
    });
    expect((await cliAs(VERA, 'describe', 'budget', 'planet', 'earth')).exitCode).toBe(2);
    const wrong = await applied(BUDGET('{ token: 50 }'));
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"token"') });
    expect((await applied(BUDGET('{ tokens: null, tasks: null }'))).stdout).toBe(
      'budget/run/nightly set (no limits)\n',
    );
  });

  test('checks a plan, and submits it once', async () => {
    verifies('TSK-10', 'OPS-05', 'OPS-19');
    await applied(BUDGET('{ tokens: 25, tasks: 4 }'));
    const bad = `${GOOD}    - { id: last, description: last, depends_on: [tset], budget: { tokens: 10 } }\n`;
    for (const more of [['--dry-run'], []]) {
      const refused = await applied(PLAN(bad), ...more);
      expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
      expect(refused.stderr).toContain('tasks[2].depends_on[0]: there is no task `tset` in the plan');
      expect(refused.stderr).toContain('need 30 tokens, and 25 are left of the budget of run `nightly`');
    }
    expect((await applied(PLAN(GOOD), '--dry-run')).stdout).toBe('Nothing is wrong with it.\n');
    const first = await applied(PLAN(GOOD));
    expect(first.stdout).toMatch(/^plan\/plan_\S+ created \(2 tasks\)\n$/);
    // The same name again is the same plan.
    expect((await applied(PLAN(GOOD))).stdout).toBe(first.stdout);
    expect(await budgetOf('run/nightly')).toMatchObject({ tasks: { spent: 2 } });
    const [, id = ''] = /plan\/(\S+) /.exec(first.stdout) ?? [];
    const described = await cliAs(VERA, 'describe', 'task', `${id}-1`);
    expect(described.stdout).toMatch(/^Budget: +\{"tokens":10,"wall_time_ms":300000\}$/m);
    expect(described.stdout).toMatch(/^May write: +out\/$/m);
    expect(described.stdout).toMatch(/^Run: +nightly$/m);
  });
});

test('the client of the SDK sets budgets and submits plans', async () => {
  verifies('TSK-10', 'TSK-12', 'OPS-04');
  const scope = { kind: 'project', id: 'by sdk/ü' } as const;
  const set = await sdk.budgets.set(scope, { wall_time: '1h', tasks: 1 });
  expect(set).toMatchObject([
    { scope, unit: 'tasks' },
    { scope, unit: 'wall_time_ms', limit: 3_600_000 },
  ]);
  expect(await sdk.budgets.get(scope)).toEqual(set);
  expect(await sdk.budgets.list()).toEqual(expect.arrayContaining(set));
  const plan = (...ids: readonly string[]) => ({
    project_id: scope.id,
    on_unsatisfiable: 'wait' as const,
    tasks: ids.map((id) => ({ id, description: id, budget: { wall_time: '1m' } })),
  });
  await expect(sdk.tasks.submitPlan(plan('a', 'b'))).rejects.toMatchObject({
    code: 'invalid_params',
    details: { kind: 'invalid_plan', findings: ['over_budget'] },
  });
  const tried = await sdk.tasks.submitPlan({ ...plan('a'), dry_run: true });
  expect(tried).toEqual({ tasks: [{ id: 'a' }], longest_chain: 1 });
  const submitted = await sdk.tasks.submitPlan(plan('a'), { idempotencyKey: 'sdk plan' });
  expect(submitted).toEqual(await sdk.tasks.submitPlan(plan('a'), { idempotencyKey: 'sdk plan' }));
  expect(submitted.tasks).toMatchObject([{ id: 'a', task: { project_id: scope.id } }]);
  const raw = await anna('POST', '/plans', { tasks: [], colour: 'blue' });
  expect([raw.status, raw.error?.detail]).toEqual([400, expect.stringContaining('colour')]);
  expect((await callerWith(gateway, VERA)('POST', '/plans', { tasks: [] })).status).toBe(403);
  expect(ApiSubmittedPlanSchema.safeParse(submitted).success).toBe(true);
});
