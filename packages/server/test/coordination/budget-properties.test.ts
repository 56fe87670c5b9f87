// Budgets under everything that can happen to tasks at once, from two hosts: no limit is ever exceeded, reservations are
// those of the attempts that are under way and end with them, and what is charged is what was told. TUTTI_TEST_RUNS raises
// the number of runs; a failure prints the seed.

import {
  AgentRegistrationSchema,
  BudgetLimitsSchema,
  type BudgetScope,
  TaskSubmissionSchema,
  type Usage,
} from '@tutti/schemas';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createBeats } from '../../src/coordination/agents/beats.ts';
import { createDirectory } from '../../src/coordination/agents/directory.ts';
import { createRegistry } from '../../src/coordination/agents/registry.ts';
import { setLimits } from '../../src/coordination/budgets/ledger.ts';
import type { BudgetTables } from '../../src/coordination/budgets/queries.ts';
import type { Intent } from '../../src/coordination/tasks/book.ts';
import {
  anotherTry,
  assignment,
  budgetRecheck,
  cancellation,
  lostClaim,
} from '../../src/coordination/tasks/commands.ts';
import { createLedger, type Ledger } from '../../src/coordination/tasks/ledger.ts';
import { reassignment } from '../../src/coordination/tasks/reassign.ts';
import {
  completionReport,
  failureReport,
  releaseReport,
  startReport,
} from '../../src/coordination/tasks/reports.ts';
import { submission } from '../../src/coordination/tasks/submit.ts';
import type { TaskRow } from '../../src/coordination/tasks/task-row.ts';
import type { Transition } from '../../src/coordination/tasks/transitions.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { AppError } from '../../src/kernel/errors.ts';
import type { Database } from '../../src/store/database.ts';
import { closeStoresAfterTests, openTest, stores } from '../store/support/stores.ts';
import { LOCAL, MIGRATIONS } from './support/open.ts';

closeStoresAfterTests();

const TASKS = 8;
const AGENTS = 2;
const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '120');
const HELD: readonly string[] = ['assigned', 'in_progress', 'waiting'];
/** What ends an attempt that was not begun without using anything. */
const UNBEGUN: readonly string[] = ['release', 'expire', 'cancel', 'reassign'];

const tokens = fc.nat(12);
const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
/** What each task is, should it be submitted. */
const plans = fc.array(
  fc.record({
    parent: some(fc.nat(TASKS - 1)),
    project: some(fc.nat(1)),
    run: some(fc.nat(1)),
    tokens,
    retries: fc.nat(2),
  }),
  { minLength: TASKS, maxLength: TASKS },
);
const limits = fc.record({
  project: fc.integer({ min: 0, max: 40 }),
  run: fc.integer({ min: 0, max: 40 }),
  agent: fc.integer({ min: 0, max: 40 }),
  task_tree: fc.integer({ min: 0, max: 40 }),
  tasks: fc.integer({ min: 1, max: TASKS }),
  attempts: fc.integer({ min: 0, max: 6 }),
  depth: fc.nat(2),
});
const about = { task: fc.nat(TASKS - 1), host: fc.nat(1) };
const ops = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('submit' as const), ...about }) },
  {
    weight: 10,
    arbitrary: fc.record({ op: fc.constant('assign' as const), agent: fc.nat(AGENTS - 1), ...about }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('start' as const), ...about }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom('complete' as const, 'fail' as const),
      usage: some(fc.record({ tokens: fc.nat(20) })),
      ...about,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'release' as const,
        'cancel' as const,
        'lost' as const,
        'retry' as const,
        'recheck' as const,
        'reassign' as const,
      ),
      ...about,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('raise' as const), ...about }) },
);
type Op = typeof ops extends fc.Arbitrary<infer One> ? One : never;
type Plan = typeof plans extends fc.Arbitrary<readonly (infer One)[]> ? One : never;
type Limits = typeof limits extends fc.Arbitrary<infer All> ? All : never;
/** What is in one inner list is asked for at once. */
const program = fc.array(fc.array(ops, { minLength: 1, maxLength: 10 }), { minLength: 2, maxLength: 10 });

describe.each(stores)('budgets on $name', ({ freshUrl }) => {
  let database: Database<object>;
  let hosts: readonly Ledger[];
  let run = 0;
  let world: ReturnType<typeof createWorld>;

  beforeAll(async () => {
    database = (await openTest(freshUrl(), { migrations: MIGRATIONS })).over<object>();
    const budgetFlag = { isRaised: () => true };
    hosts = [createLedger({ database, budgetFlag }), createLedger({ database, budgetFlag })];
    for (const host of hosts) host.subscribe(({ transitions }) => transitions.forEach(world.take));
  });
  afterAll(async () => {
    for (const host of hosts) await host[Symbol.asyncDispose]();
  });

  const set = (scope: BudgetScope, of: object): Promise<void> =>
    database.over<BudgetTables>().transaction((tx) => setLimits(tx, scope, BudgetLimitsSchema.parse(of)));

  async function begin(all: readonly Plan[], declared: Limits): Promise<void> {
    run += 1;
    world = createWorld(run, all);
    const directory = createDirectory(database);
    await using beats = createBeats({
      database,
      clock: systemClock,
      revived: () => undefined,
      warn: () => undefined,
    });
    const registry = createRegistry({ database, directory, beats, clock: systemClock });
    for (let n = 0; n < AGENTS; n++) {
      await registry.register(
        AgentRegistrationSchema.parse({ id: `${run}/a${n}`, maxConcurrentTasks: 3 }),
        LOCAL,
      );
      await set({ kind: 'agent', id: `${run}/a${n}` }, { tokens: declared.agent, tasks: declared.attempts });
      await set({ kind: 'project', id: `${run}/p${n}` }, { tokens: declared.project, tasks: declared.tasks });
      await set({ kind: 'run', id: `${run}/r${n}` }, { tokens: declared.run });
      await set(
        { kind: 'task_tree', id: `${run}/t${n}` },
        { tokens: declared.task_tree, depth: declared.depth },
      );
    }
  }

  async function outcome(host: number, intent: () => Intent): Promise<TaskRow | undefined> {
    try {
      return await hosts[host]?.submit(intent());
    } catch (error) {
      if (error instanceof AppError && error.code !== 'internal') return undefined;
      throw error;
    }
  }

  async function perform(op: Op): Promise<void> {
    if (op.op === 'raise') return await set({ kind: 'project', id: `${run}/p0` }, { tokens: 45 });
    const known = world.rows.get(world.id(op.task));
    const attempt = `${world.id(op.task)}#${known?.claim ?? 0}`;
    const done = await outcome(op.host, () => world.intentOf(op));
    // One attempt ends once: what was told with the report that was taken.
    if (done !== undefined && 'usage' in op && op.usage !== undefined) world.told.set(attempt, op.usage);
  }

  async function check(): Promise<void> {
    const tables = database.over<BudgetTables>();
    const [rows, reservations] = await Promise.all([
      tables.read.selectFrom('budgets_limits').selectAll().where('id', 'like', `${run}/%`).execute(),
      tables.read.selectFrom('budgets_reservations').selectAll().where('id', 'like', `${run}/%`).execute(),
    ]);
    const wanted = world.expected(rows.map(({ kind, id, unit }) => `${kind} ${id} ${unit}`));
    for (const row of rows) {
      const key = `${row.kind} ${row.id} ${row.unit}`;
      expect([key, row.reserved + row.spent <= row.max_amount]).toEqual([key, true]);
      const { reserved, used } = wanted.get(key) ?? { reserved: 0, used: 0 };
      expect([key, row.reserved, row.spent + row.overrun]).toEqual([key, reserved, used]);
      const sum = reservations
        .filter(({ kind, id, unit }) => kind === row.kind && id === row.id && unit === row.unit)
        .reduce((all, { amount }) => all + amount, 0);
      expect([key, sum]).toEqual([key, reserved]);
    }
    const under = [...world.rows.values()].filter(({ status }) => HELD.includes(status));
    const holders = new Set(under.map(({ id, claim }) => `${id}#${claim}`));
    expect(reservations.filter(({ holder }) => !holders.has(holder))).toEqual([]);
  }

  test(
    'hold, whatever is done at once',
    async () => {
      verifies('TSK-12', 'OPS-03');
      await fc.assert(
        fc.asyncProperty(plans, limits, program, async (all, declared, groups) => {
          await begin(all, declared);
          for (const group of groups) {
            await Promise.all(group.map(perform));
            await check();
          }
          // When all is over nothing is reserved.
          const open = [...world.rows.values()].filter(({ ended_ms }) => ended_ms === null);
          const end = ({ id: taskId }: TaskRow) => cancellation({ taskId, by: 'local', reason: undefined });
          await Promise.all(open.map((row, index) => outcome(index % 2, () => end(row))));
          expect(world.reservedAtAll()).toBe(0);
          await check();
          for (const row of world.rows.values())
            expect(world.depthOf(row)).toBeLessThanOrEqual(world.maxDepth(row, declared.depth));
        }),
        { numRuns: RUNS },
      );
    },
    10 * 60_000,
  );
});

/** What the tests know of their tasks, from what was committed. */
function createWorld(run: number, all: readonly Plan[]) {
  const rows = new Map<string, TaskRow>();
  const ended: { readonly row: TaskRow; readonly isUnbegun: boolean }[] = [];
  const told = new Map<string, Usage>();
  const id = (n: number): string => `${run}/t${n}`;
  const planOf = (taskId: string): Plan | undefined => all[Number(taskId.split('/t')[1])];

  function take({ before, after, event }: Transition): void {
    const known = rows.get(after.id);
    // Two hosts tell of their commits in any order.
    if (known === undefined || known.version < after.version) rows.set(after.id, after);
    if (before !== undefined && HELD.includes(before.status) && !HELD.includes(after.status))
      ended.push({ row: before, isUnbegun: before.status === 'assigned' && UNBEGUN.includes(event) });
  }

  function above(row: TaskRow): readonly TaskRow[] {
    const parent = row.parent_id === null ? undefined : rows.get(row.parent_id);
    return parent === undefined ? [] : [parent, ...above(parent)];
  }

  /** Of which budgets, as the guide says it. */
  function scopesOf(row: TaskRow): ReadonlySet<string> {
    const line = above(row);
    const runs = [row, ...line].map(({ workflow_id: one }) => one);
    const names = [
      `task_tree ${line.at(-1)?.id ?? row.id}`,
      ...[runs[0], runs.findLast((one) => one !== null)].map((one) => (one == null ? '' : `run ${one}`)),
      row.project_id === null ? '' : `project ${row.project_id}`,
    ];
    return new Set(names.filter((name) => name !== ''));
  }

  function intentOf(op: Exclude<Op, { op: 'raise' }>): Intent {
    const taskId = id(op.task);
    const row = rows.get(taskId);
    const report = { taskId, agentId: row?.agent_id ?? '', claim: Math.max(1, row?.claim ?? 1) };
    const by = LOCAL.id;
    switch (op.op) {
      case 'submit':
        return submissionOf(op.task);
      case 'assign':
        return assignment({
          taskId,
          agentId: `${run}/a${op.agent}`,
          why: {},
          options: { domainFiltering: true },
        });
      case 'start':
        return startReport(report);
      case 'complete':
        return completionReport({ ...report, usage: op.usage });
      case 'fail':
        return failureReport({ ...report, error: 'no', retryable: true, usage: op.usage });
      case 'release':
        return releaseReport({ ...report, reason: '' });
      case 'cancel':
        return cancellation({ taskId, by, reason: undefined });
      case 'lost':
        return lostClaim(taskId, row?.claim ?? 0, 'gone');
      case 'retry':
        return anotherTry({ taskId, by });
      case 'recheck':
        return budgetRecheck(taskId);
      case 'reassign':
        return reassignment({ taskId, by, agentId: `${run}/a${op.task % AGENTS}` });
    }
  }

  function submissionOf(n: number): Intent {
    const plan = all[n];
    // The first ones have trees with budgets.
    const parent = n < AGENTS || plan?.parent === n ? undefined : plan?.parent;
    return submission({
      id: id(n),
      by: LOCAL,
      task: TaskSubmissionSchema.parse({
        description: 'work',
        parent_task_id: parent === undefined ? undefined : id(parent),
        project_id: plan?.project === undefined ? undefined : `${run}/p${plan.project}`,
        workflow_id: plan?.run === undefined ? undefined : `${run}/r${plan.run}`,
        budget: { tokens: plan?.tokens ?? 0 },
        retryPolicy: { maxRetries: plan?.retries ?? 0, initialDelay: 0 },
      }),
    });
  }

  return {
    rows,
    told,
    id,
    take,
    intentOf,
    depthOf: (row: TaskRow): number => above(row).length,
    /** Nothing is said of trees without a budget. */
    maxDepth: (row: TaskRow, depth: number): number =>
      [id(0), id(1)].includes(above(row).at(-1)?.id ?? row.id) ? depth : Infinity,
    reservedAtAll: (): number => [...rows.values()].filter(({ status }) => HELD.includes(status)).length,
    /** By scope and unit, for those that are limited. */
    expected(limited: readonly string[]) {
      const sums = new Map(limited.map((key) => [key, { reserved: 0, used: 0 }]));
      const add = (key: string, of: 'reserved' | 'used', amount: number): void => {
        const sum = sums.get(key);
        if (sum !== undefined) sum[of] += amount;
      };
      for (const row of rows.values()) {
        for (const scope of scopesOf(row)) add(`${scope} tasks`, 'used', 1);
        if (!HELD.includes(row.status)) continue;
        const { tokens: reserved = 0 } = planOf(row.id) ?? {};
        for (const scope of [...scopesOf(row), `agent ${row.agent_id}`])
          add(`${scope} tokens`, 'reserved', reserved);
        add(`agent ${row.agent_id} tasks`, 'reserved', 1);
      }
      for (const { row, isUnbegun } of ended) {
        if (isUnbegun) continue;
        const { tokens: reserved = 0 } = planOf(row.id) ?? {};
        const used = told.get(`${row.id}#${row.claim}`)?.tokens ?? reserved;
        for (const scope of [...scopesOf(row), `agent ${row.agent_id}`]) add(`${scope} tokens`, 'used', used);
        add(`agent ${row.agent_id} tasks`, 'used', 1);
      }
      return sums;
    },
  };
}
