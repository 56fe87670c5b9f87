// What was asked of several hosts and what they answered, with the times of both; and whether all of it could have
// happened to tasks that have one holder at a time.

import type { HistoryRow } from '../../../src/coordination/tasks/queries.ts';
import type { TaskRow } from '../../../src/coordination/tasks/task-row.ts';

export interface Claimed {
  readonly task: string;
  readonly agent: string;
  readonly claim: number;
}

/** On one clock of the machine, whichever process wrote it; milliseconds. */
interface Times {
  readonly askedMs: number;
  readonly toldMs: number;
}

export type Operation = Times &
  (
    | { readonly op: 'submit'; readonly key: string; readonly outcome: Outcome; readonly task?: string }
    /** A task was handed out. */
    | ({ readonly op: 'handout'; readonly outcome: 'done' } & Claimed)
    | ({ readonly op: ReportName; readonly outcome: Outcome; readonly kind?: string } & Claimed)
  );

export const REPORTS = ['start', 'progress', 'complete', 'release', 'fail'] as const;
export type ReportName = (typeof REPORTS)[number];

/** `unknown`: nobody answered, or nobody could tell: it may have happened, then or later. */
export type Outcome = 'done' | 'refused' | 'unknown';

type Reported = Extract<Operation, { op: ReportName }>;
type HandedOut = Extract<Operation, { op: 'handout' }>;

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface End {
  readonly tasks: readonly TaskRow[];
  readonly history: readonly HistoryRow[];
  readonly results: ReadonlyMap<string, string>;
}

/** What can't be, in words. */
export function contradictions(operations: readonly Operation[], end: End): readonly string[] {
  const byTask = Map.groupBy(operations, (one) => ('task' in one ? one.task : undefined));
  return [
    ...submissions(operations, end),
    ...end.tasks.flatMap((task) => [...ofTask(task, byTask.get(task.id) ?? [], end)]),
  ];
}

/** What was acknowledged is there once, and what was not at most once. */
function* submissions(operations: readonly Operation[], { tasks }: End): Iterable<string> {
  const byKey = Map.groupBy(tasks, ({ description }) => description);
  for (const [key, found] of byKey) if (found.length > 1) yield `${key} became ${found.length} tasks`;
  for (const one of operations) {
    if (one.op !== 'submit' || one.outcome !== 'done') continue;
    const [task] = byKey.get(one.key) ?? [];
    if (task === undefined || task.id !== one.task)
      yield `${one.key} was acknowledged as ${one.task}, there is ${task?.id}`;
  }
}

function* ofTask(
  task: TaskRow,
  operations: readonly Operation[],
  { history, results }: End,
): Iterable<string> {
  const { id } = task;
  const lines = history.filter(({ task_id }) => task_id === id);
  const handouts = operations.filter((one): one is HandedOut => one.op === 'handout');
  const reports = operations.filter((one): one is Reported => isReport(one));
  const assigned = lines.filter(({ event }) => event === 'assign');
  if (task.status !== 'completed') yield `${id} is ${task.status}: ${task.reason} ${task.message}`;
  if (lines.filter(({ status }) => status === 'completed').length !== 1) yield `${id} was not completed once`;
  if (assigned.some(({ claim }, index) => claim !== index + 1))
    yield `the claims on ${id} do not grow by one`;
  const result = JSON.stringify({ agent: task.agent_id, claim: task.claim });
  if (results.get(id) !== result) yield `${id} has the result ${results.get(id)} of ${result}`;

  for (const { agent, claim } of [...handouts, ...reports.filter(({ outcome }) => outcome === 'done')])
    if (assigned[claim - 1]?.agent_id !== agent)
      yield `${id}: ${agent} had the claim ${claim}, which it never got`;
  const done = reports.filter(({ outcome }) => outcome === 'done');
  const completions = done.filter(({ op }) => op === 'complete');
  for (const { agent, claim } of completions)
    if (claim !== task.claim)
      yield `${id}: ${agent} was told that it is completed with ${claim}, not ${task.claim}`;

  // What is told is in force until something else is: nothing that was asked for later may be of an older claim.
  for (const report of done)
    for (const later of [...handouts, ...done]) {
      const isOlder = later.claim > report.claim && later.toldMs < report.askedMs;
      if (isOlder && report.op !== 'complete')
        yield `${id}: ${report.op} with ${report.claim} was taken after ${later.claim} had been handed out`;
    }
  for (const completion of completions)
    for (const handout of handouts)
      if (handout.askedMs > completion.toldMs)
        yield `${id} was handed out (${handout.claim}) after it was completed`;
  // Nobody is refused whose claim is in force.
  for (const { op, agent, claim, kind } of reports.filter(({ outcome }) => outcome === 'refused')) {
    const ended = lines.some((line) => line.claim >= claim && isEnd(line));
    if (!ended)
      yield `${id}: ${op} of ${agent} with ${claim} was refused (${kind}), and the claim never ended`;
  }
}

function isReport(one: Operation): one is Reported {
  return REPORTS.some((name) => name === one.op);
}

function isEnd({ status }: HistoryRow): boolean {
  return ['pending', 'completed', 'failed', 'cancelled'].includes(status);
}
