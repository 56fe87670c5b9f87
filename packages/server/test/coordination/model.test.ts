// The ledger against a model of it: whatever is done in whatever order, both agree on what was refused and on what is true
// afterwards. TUTTI_TEST_RUNS raises the number of runs; a failure prints the seed.

import { AgentRegistrationSchema, TaskQuestionSchema, TaskSubmissionSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { AgentTables } from '../../src/coordination/agents/agent-row.ts';
import type { Intent } from '../../src/coordination/tasks/book.ts';
import {
  answer,
  anotherTry,
  assignment,
  cancellation,
  dueTask,
  lostClaim,
  needsRecheck,
} from '../../src/coordination/tasks/commands.ts';
import { createLedger, type Ledger } from '../../src/coordination/tasks/ledger.ts';
import type { TaskTables } from '../../src/coordination/tasks/queries.ts';
import {
  acknowledgement,
  completionReport,
  failureReport,
  progressReport,
  questionReport,
  releaseReport,
  startReport,
} from '../../src/coordination/tasks/reports.ts';
import { submission } from '../../src/coordination/tasks/submit.ts';
import { AppError } from '../../src/kernel/errors.ts';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import {
  ACK_S,
  ASK_S,
  BACKOFF_S,
  claimOf,
  held,
  type Model,
  type Op,
  SLOTS,
  step,
  TIMEOUT_S,
} from './model/task-model.ts';
import { LOCAL, MIGRATIONS } from './support/open.ts';
import { openRegistry } from './support/registry.ts';

closeStoresAfterTests();

const TASKS = 5;
const AGENTS = 3;
const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '1000');
/** None ends near to a time at which something is due: the store's clock goes on a little by itself. */
const ADVANCES_S = [11, 22, 66];
/** A fault is not to take for ever to show. */
const MAX_OPS = 40;

const task = fc.nat(TASKS - 1);
const agent = fc.nat(AGENTS - 1);
const claim = fc.constantFrom(0, 0, 0, 0, -1, 1);
const held4 = { task, agent, claim };
const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('submit' as const),
      task,
      needs: fc.uniqueArray(task, { maxLength: 2 }),
      retries: fc.nat(2),
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('assign' as const), ...held4 }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'acknowledge' as const,
        'start' as const,
        'progress' as const,
        'complete' as const,
        'release' as const,
        'ask' as const,
      ),
      ...held4,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('fail' as const), ...held4, retryable: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'cancel' as const,
        'retry' as const,
        'answer' as const,
        'recheck' as const,
        'due' as const,
      ),
      task,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lost' as const), task, claim }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('advance' as const), seconds: fc.constantFrom(...ADVANCES_S) }),
  },
);
/** What is in one inner list is asked for at once. */
const program = fc.array(fc.array(ops, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: MAX_OPS / 4,
});

describe.each(stores)('the ledger on $name', ({ freshUrl }) => {
  let database: Database<object>;
  let ledger: Ledger;
  let wallMs = Date.now();
  let run = 0;

  beforeAll(async () => {
    database = await openDatabase(freshUrl(), { migrations: MIGRATIONS, wallMs: () => wallMs });
    ledger = createLedger({ database });
  });
  afterAll(async () => {
    await ledger[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  async function registerAgents(): Promise<void> {
    await using agents = openRegistry(database);
    for (let n = 0; n < AGENTS; n++)
      await agents.registry.register(
        AgentRegistrationSchema.parse({ id: `${run}/a${n}`, maxConcurrentTasks: SLOTS, capabilities: [] }),
        LOCAL,
      );
  }

  const taskId = (n: number): string => `${run}/t${n}`;
  const agentId = (n: number): string => `${run}/a${n}`;

  function intentOf(op: Exclude<Op, { op: 'advance' }>, model: Model): Intent {
    const id = taskId(op.task);
    const proof =
      'agent' in op
        ? { taskId: id, agentId: agentId(op.agent), claim: claimOf(model, op) }
        : { taskId: id, agentId: '', claim: 0 };
    const command = { taskId: id, by: 'local' };
    switch (op.op) {
      case 'submit':
        return submission({
          id,
          by: LOCAL,
          task: TaskSubmissionSchema.parse({
            description: 'work',
            depends_on: op.needs.map(taskId),
            timeout: TIMEOUT_S,
            retryPolicy: { maxRetries: op.retries, backoff: 'linear', initialDelay: BACKOFF_S },
          }),
        });
      case 'assign':
        return assignment({
          taskId: id,
          agentId: agentId(op.agent),
          why: {},
          options: { domainFiltering: true },
        });
      case 'acknowledge':
        return acknowledgement({ ...proof, forMs: ACK_S * 1_000 });
      case 'start':
        return startReport(proof);
      case 'progress':
        return progressReport({ ...proof, progress: 0.5 });
      case 'complete':
        return completionReport({ ...proof, result: 1 });
      case 'release':
        return releaseReport({ ...proof, reason: '' });
      case 'ask':
        return questionReport({
          ...proof,
          question: TaskQuestionSchema.parse({ agent_id: 'a', claim: 1, prompt: '?', timeout: ASK_S }),
        });
      case 'fail':
        return failureReport({ ...proof, error: 'no', retryable: op.retryable });
      case 'cancel':
        return cancellation(command);
      case 'retry':
        return anotherTry(command);
      case 'answer':
        return answer({ ...command, response: 'yes', cancelled: false });
      case 'lost':
        return lostClaim(id, claimOf(model, op), 'gone');
      case 'recheck':
        return needsRecheck(id);
      case 'due':
        return dueTask(id);
    }
  }

  async function outcome(intent: () => Intent): Promise<string> {
    try {
      await ledger.submit(intent());
      return 'ok';
    } catch (error) {
      // A mistake of ours is no refusal.
      if (error instanceof AppError && error.code !== 'internal') return 'refused';
      throw error;
    }
  }

  async function agree(model: Model): Promise<void> {
    const rows = await database
      .over<TaskTables>()
      .read.selectFrom('tasks_tasks')
      .selectAll()
      .where('id', 'like', `${run}/%`)
      .orderBy('id')
      .execute();
    const seen = rows.map(({ id, status, ready, claim, attempts, agent_id }) => ({
      id,
      status,
      ready: ready === 1,
      claim,
      attempts,
      holder: ['assigned', 'in_progress', 'waiting'].includes(status) ? agent_id : null,
    }));
    const wanted = [...model.tasks]
      .toSorted(([a], [b]) => a - b)
      .map(([n, { status, ready, claim, attempts, holder }]) => ({
        id: taskId(n),
        status,
        ready,
        claim,
        attempts,
        holder:
          holder !== undefined && ['assigned', 'in_progress', 'waiting'].includes(status)
            ? agentId(holder)
            : null,
      }));
    expect(seen).toEqual(wanted);
    const loads = await database
      .over<AgentTables>()
      .read.selectFrom('agents_loads')
      .select(['agent_id', 'used'])
      .where('agent_id', 'like', `${run}/%`)
      .orderBy('agent_id')
      .execute();
    expect(loads).toEqual(
      Array.from({ length: AGENTS }, (_, n) => ({ agent_id: agentId(n), used: held(model, n) })),
    );
    // What is open is either ready, or something will look at it by itself.
    for (const row of rows)
      if (row.status === 'pending' && row.ready === 0 && row.reason !== 'dependencies')
        expect(row.due_ms).not.toBeNull();
  }

  test(
    'agrees with its model, whatever is done',
    async () => {
      verifies('TSK-02', 'TSK-04', 'TSK-07');
      await fc.assert(
        fc.asyncProperty(program, async (groups) => {
          run += 1;
          // Times of one run mean nothing to the next.
          wallMs += 3_600_000;
          const model: Model = { tasks: new Map(), now: 0 };
          await registerAgents();
          for (const group of groups) {
            const results: Promise<string>[] = [];
            const wanted: string[] = [];
            for (const op of group) {
              if (op.op === 'advance') {
                await Promise.all(results);
                wallMs += op.seconds * 1_000;
                step(model, op);
                continue;
              }
              // Which claim is meant is decided as things stand when it is asked for.
              const intent = intentOrRefusal(op, model);
              results.push(outcome(() => intent));
              wanted.push(step(model, op));
            }
            expect(await Promise.all(results)).toEqual(wanted);
          }
          await agree(model);
        }),
        { numRuns: RUNS },
      );
    },
    15 * 60_000,
  );

  /** What can't even be asked for (a task that needs itself) is refused without the ledger. */
  function intentOrRefusal(op: Exclude<Op, { op: 'advance' }>, model: Model): Intent {
    try {
      return intentOf(op, model);
    } catch (error) {
      return {
        tasks: [],
        decide() {
          throw error;
        },
      };
    }
  }
});
