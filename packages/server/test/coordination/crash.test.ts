// A crash at every commit of coordination, on both databases: what was acknowledged is there, nothing half-done is, and
// whoever opens the store next brings all work to its end.

import { TaskSubmissionSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { isOpen } from '../../src/coordination/tasks/task-machine.ts';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { createManualClock } from '../kernel/manual-clock.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { COMMITS, CRASH_POINTS, SCENARIO_NAMES } from './crash/points.ts';
import { buildProgram, type Crashed, runAndCrash, runToItsEnd } from './crash/run-crash.ts';
import { type Line, onceOf, repeatComplete, STEADY, until } from './crash/scenarios.ts';
import { readTables, type Tables, violations } from './support/invariants.ts';
import { LOCAL, MIGRATIONS, openOn, type TestCoordination } from './support/open-on.ts';

closeStoresAfterTests();

let program: AsyncDisposable;
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => program[Symbol.asyncDispose]());

/** Programs at once. */
const AT_ONCE = 3;
/** Of all programs of one store together, on a machine that is busy with other things. */
const LIMIT_MS = 300_000;
/** What the next owner finds to have gone by on its clock. */
const RESTART_MS = 1_000;

describe.each(stores)('coordination crashed on $name', ({ freshUrl }) => {
  test('at commits that are all in the list', { timeout: LIMIT_MS }, async () => {
    verifies('OPS-03');
    await forAll(SCENARIO_NAMES, async (scenario) => {
      const commits = await runToItsEnd(freshUrl(), scenario);
      // How often beats are written depends on how long the rest takes.
      const steady = (all: readonly string[]) => all.filter((commit) => !commit.startsWith('beats'));
      expect(steady(commits), scenario).toEqual(steady(COMMITS[scenario]));
    });
  });

  test(`at ${CRASH_POINTS.length} points, all work ends`, { timeout: LIMIT_MS }, async () => {
    verifies('OPS-03', 'TSK-04', 'AGT-05');
    await forAll(CRASH_POINTS, async (point) => {
      try {
        const url = freshUrl();
        await goOn(url, await runAndCrash(url, point));
      } catch (cause) {
        const { scenario, commit, moment } = point;
        throw new Error(`while ${scenario}, ${moment} "${commit}": ${String(cause)}`, { cause });
      }
    });
  });
});

/** Another process opens the store: looks at what there is, and goes on with it. */
async function goOn(url: string, { lines, nowMs }: Crashed): Promise<void> {
  const clock = createManualClock(nowMs + RESTART_MS);
  await using database = await openDatabase(url, { migrations: MIGRATIONS, wallMs: () => clock.nowMs() });
  const found = await readTables(database);
  expect(violations(found)).toEqual([]);
  expect(lost(lines, found)).toEqual([]);
  await using it = await openOn(database, clock);
  for (const { report } of asked(lines, 'complete')) await repeatComplete(it, report);
  await it.agent(STEADY);
  await until({ clock }, async () => await workOnce(it, database));
  const left = await readTables(database);
  expect(violations(left)).toEqual([]);
  // Whoever had no answer asks again, and gets the task that there is.
  for (const { key, task } of asked(lines, 'submit')) {
    const { id } = await it.tasks.submit(TaskSubmissionSchema.parse(task), LOCAL, onceOf(key));
    const told = lines.find((line) => 'told' in line && line.told === 'task' && line.key === key);
    if (told !== undefined) expect(told).toMatchObject({ id });
  }
  const descriptions = (await readTables(database)).tasks.map(({ description }) => description);
  expect(descriptions.toSorted()).toEqual(
    asked(lines, 'submit')
      .map(({ key }) => key)
      .toSorted(),
  );
}

/** Acknowledged, and not there. */
function lost(lines: readonly Line[], { history, agents, tasks }: Tables): readonly string[] {
  const missing: string[] = [];
  const leaves = asked(lines, 'leave').map(({ agent }) => agent);
  const count = (all: readonly { id: string; event: string }[], one: { id: string; event: string }) =>
    all.filter(({ id, event }) => id === one.id && event === one.event).length;
  const kept = history.map(({ task_id: id, event }) => ({ id, event }));
  const told = lines.flatMap((line) => ('told' in line && line.told === 'task' ? [line] : []));
  for (const line of told)
    if (count(told, line) > count(kept, line)) missing.push(`${line.id} ${line.event}`);
  for (const line of lines) {
    if (!('told' in line) || line.told === 'task') continue;
    const isThere = agents.some(({ id }) => id === line.agent);
    if (line.told === 'registered' && !isThere && !leaves.includes(line.agent)) missing.push(line.agent);
    if (line.told === 'gone' && isThere) missing.push(`${line.agent} is not gone`);
    if (
      line.told === 'gone' &&
      tasks.some(
        ({ agent_id, ended_ms, assigned_ms }) =>
          agent_id === line.agent && ended_ms === null && assigned_ms !== null,
      )
    )
      missing.push(`${line.agent} is gone and holds something`);
  }
  return missing;
}

/** Does what there is to do; whether nothing is left. */
async function workOnce(it: TestCoordination, database: Database<object>): Promise<boolean> {
  const { tasks, rechecks } = await readTables(database);
  for (const { id, status } of tasks)
    if (status === 'waiting') await it.tasks.answer(id, { response: 'that', cancelled: false }, LOCAL);
  if (tasks.some(({ ready }) => ready === 1))
    await it.agents.next(STEADY.id, 0, LOCAL, new AbortController().signal);
  for (const { task, claim } of await it.agents.held(STEADY.id, LOCAL))
    await repeatComplete(it, { taskId: task.id, agentId: STEADY.id, claim });
  return rechecks.length === 0 && !tasks.some(({ status }) => isOpen(status));
}

function asked<Kind extends 'submit' | 'complete' | 'leave'>(
  lines: readonly Line[],
  kind: Kind,
): readonly Extract<Line, { readonly asks: Kind }>[] {
  return lines.filter(
    (line): line is Extract<Line, { readonly asks: Kind }> => 'asks' in line && line.asks === kind,
  );
}

/** A few at a time. */
async function forAll<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const one of left) await work(one);
    }),
  );
}
