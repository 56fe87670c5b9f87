// What is true of the tables of coordination at every moment, whatever was interrupted when.

import type { AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import { isHeld, isOpen, isUnderReview, takesSlot } from '../../../src/coordination/tasks/task-machine.ts';
import type { HistoryRow, TaskTables } from '../../../src/coordination/tasks/queries.ts';
import { answeredRow, specOf, type TaskRow } from '../../../src/coordination/tasks/task-row.ts';
import type { Database } from '../../../src/store/database.ts';

export interface Tables {
  readonly tasks: readonly TaskRow[];
  readonly history: readonly HistoryRow[];
  readonly agents: readonly AgentTables['agents_agents'][];
  readonly loads: readonly AgentTables['agents_loads'][];
  readonly beats: readonly AgentTables['agents_beats'][];
  readonly contents: readonly TaskTables['tasks_contents'][];
  readonly needs: readonly TaskTables['tasks_needs'][];
  readonly rechecks: readonly TaskTables['tasks_rechecks'][];
  readonly classes: readonly TaskTables['tasks_classes'][];
  readonly answers: readonly TaskTables['tasks_answers'][];
}

/** While nothing is written. */
export async function readTables(database: Database<object>): Promise<Tables> {
  return await database.over<TaskTables & AgentTables>().transaction(async (tx) => ({
    tasks: await tx.selectFrom('tasks_tasks').selectAll().execute(),
    history: await tx.selectFrom('tasks_history').selectAll().orderBy('task_id').orderBy('version').execute(),
    agents: await tx.selectFrom('agents_agents').selectAll().execute(),
    loads: await tx.selectFrom('agents_loads').selectAll().execute(),
    beats: await tx.selectFrom('agents_beats').selectAll().execute(),
    contents: await tx.selectFrom('tasks_contents').selectAll().execute(),
    needs: await tx.selectFrom('tasks_needs').selectAll().execute(),
    rechecks: await tx.selectFrom('tasks_rechecks').selectAll().execute(),
    classes: await tx.selectFrom('tasks_classes').selectAll().execute(),
    answers: await tx.selectFrom('tasks_answers').selectAll().execute(),
  }));
}

/** What is wrong, in words; none: all is as it has to be. */
export function violations(tables: Tables): readonly string[] {
  return [...agentViolations(tables), ...tables.tasks.flatMap((task) => [...taskViolations(task, tables)])];
}

function* agentViolations({ tasks, agents, loads, beats, answers }: Tables): Iterable<string> {
  const ids = new Set(agents.map(({ id }) => id));
  for (const { id } of agents) {
    const used = tasks.filter((task) => task.agent_id === id && takesSlot(task)).length;
    const load = loads.find(({ agent_id }) => agent_id === id);
    if (load?.used !== used) yield `${id} holds ${used} tasks, its load says ${load?.used}`;
    if (!beats.some(({ agent_id }) => agent_id === id)) yield `${id} has no beat`;
  }
  for (const { agent_id } of [...loads, ...beats])
    if (!ids.has(agent_id)) yield `there is something of ${agent_id}, which is no agent`;
  for (const { key, answer } of answers)
    if (!tasks.some(({ id }) => id === answeredRow(answer).id))
      yield `${key} is answered by a task that is not there`;
}

function* taskViolations(task: TaskRow, tables: Tables): Iterable<string> {
  const { id, status, version } = task;
  const lines = tables.history.filter(({ task_id }) => task_id === id);
  const said = (event: string): boolean => lines.some((line) => line.event === event);
  if (lines.some((line, index) => line.version !== index + 1) || lines.length !== version)
    yield `${id} has the version ${version} and the lines ${lines.map((line) => line.version).join()}`;
  const last = lines.at(-1);
  if (last?.status !== status || last.claim !== task.claim || last.agent_id !== task.agent_id)
    yield `${id} is ${status} (${task.agent_id} ${task.claim}), its history says ${JSON.stringify(last)}`;
  if (!tables.classes.some((row) => row.id === task.class_id)) yield `the class of ${id} is not there`;
  const parts = new Set(tables.contents.filter(({ task_id }) => task_id === id).map(({ part }) => part));
  if (!parts.has('payload')) yield `the payload of ${id} is not there`;
  if (parts.has('result') !== (status === 'completed'))
    yield `${id} is ${status} and has ${[...parts].join()}`;
  if (parts.has('question') !== said('ask')) yield `${id} asked and has ${[...parts].join()}`;
  if (said('answer') && !parts.has('answer')) yield `${id} was answered and has ${[...parts].join()}`;
  const needs = tables.needs.filter(({ task_id }) => task_id === id).map(({ needs_id }) => needs_id);
  if (needs.toSorted().join() !== specOf(task).depends_on.toSorted().join())
    yield `${id} needs ${specOf(task).depends_on.join()}, its rows say ${needs.join()}`;
  if (isOpen(status) && !isLookedAfter(task, needs, tables))
    yield `nothing would ever happen to ${id}: ${status} ${task.reason} ${task.agent_id}`;
  if (!isOpen(status) && (task.ready === 1 || task.due_ms !== null || task.ended_ms === null))
    yield `${id} is ${status}, and something is due`;
}

function isLookedAfter(
  task: TaskRow,
  needs: readonly string[],
  { tasks, agents, rechecks }: Tables,
): boolean {
  // Somebody may approve at any time.
  if (isUnderReview(task)) return true;
  if (isHeld(task.status)) return task.due_ms !== null || agents.some(({ id }) => id === task.agent_id);
  if (task.ready === 1) return true;
  if (task.reason !== 'dependencies') return task.due_ms !== null;
  return (
    rechecks.some(({ task_id }) => task_id === task.id) ||
    tasks.some(({ id, status }) => needs.includes(id) && isOpen(status))
  );
}
