// Files that hold agents, agent cards, tasks, plans and budgets: `tutti apply` takes them one by one. A task with a name is submitted
// once, however often the file is applied; a plan with a name once a day.

import {
  readWorkDocument,
  type ApiTask,
  type TaskSubmissionInput,
  TaskSubmissionSchema,
  type WorkDocument,
} from '@tutti/schemas';
import { TuttiApiError, type TuttiClient } from '@tutti/sdk';
import { parseAllDocuments } from 'yaml';
import { EXIT } from './exit-codes.ts';
import { count } from './output/words.ts';
import { CliError } from './report-error.ts';

export interface AppliedWork {
  readonly kind: Exclude<WorkDocument['kind'], 'AgentCard'>;
  readonly name: string;
  readonly change: 'created' | 'registered' | 'unchanged' | 'set';
  readonly status: string;
}

/** Undefined: the text is about something else, and for the API to read. */
export function readWorkDocuments(text: string, path: string): readonly WorkDocument[] | undefined {
  const parsed = parseAllDocuments(text);
  const documents = [...parsed];
  // What is wrong with the syntax is told by the API, with its place.
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  const read = documents
    .map((document): unknown => document.toJS())
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .map(readWorkDocument);
  if (read.every(({ kind }) => kind === 'other')) return undefined;
  return read.map((one, index) => {
    const place = `${path}, document ${index + 1}`;
    if (one.kind === 'read') return one.document;
    if (one.kind === 'invalid') throw new CliError(EXIT.usage, `${place}: ${one.message}`);
    throw new CliError(EXIT.usage, `${place} is no Agent, Task, Plan or Budget.`, [
      'Put these into a file of their own, and apply both.',
    ]);
  });
}

export async function applyWork(
  client: TuttiClient,
  document: WorkDocument,
  signal: AbortSignal,
): Promise<AppliedWork> {
  if (document.kind === 'Agent') {
    const { id, phase } = await client.agents.register(document.agent, { signal });
    return { kind: 'Agent', name: id, change: 'registered', status: phase };
  }
  if (document.kind === 'AgentCard') {
    const { agent } = await client.agents.importCard(document.card, { signal });
    return { kind: 'Agent', name: agent.id, change: 'registered', status: agent.phase };
  }
  if (document.kind === 'Plan') {
    const { plan, name } = document;
    const { plan_id: id = '', tasks } = await client.tasks.submitPlan(plan, {
      signal,
      ...(name === undefined ? {} : { idempotencyKey: `plan/${name}` }),
    });
    return { kind: 'Plan', name: id, change: 'created', status: count(tasks.length, 'task') };
  }
  if (document.kind === 'Budget') {
    const { scope, limits } = document;
    const set = await client.budgets.set(scope, limits, { signal });
    const status = set.map(({ unit }) => unit).join(', ');
    return {
      kind: 'Budget',
      name: `${scope.kind}/${scope.id}`,
      change: 'set',
      status: status || 'no limits',
    };
  }
  const { task } = document;
  try {
    const { id, status } = await client.tasks.submit(task, { signal });
    return { kind: 'Task', name: id, change: 'created', status };
  } catch (error) {
    if (!(error instanceof TuttiApiError) || error.code !== 'conflict' || task.id === undefined) throw error;
    const known = await client.tasks.get(task.id, { signal });
    if (isSame(task, known))
      return { kind: 'Task', name: known.id, change: 'unchanged', status: known.status };
    throw new CliError(EXIT.refused, `There is a task ${known.id} already, and it says something else.`, [
      'A task does not change once it is submitted: choose another name, or cancel that one.',
    ]);
  }
}

/** Whether the task is what was submitted. */
function isSame(submitted: TaskSubmissionInput, known: ApiTask): boolean {
  const wanted = TaskSubmissionSchema.parse(submitted);
  const facts = (task: Omit<ApiTask | typeof wanted, 'timeout'>, timeoutMs: number): string =>
    JSON.stringify([
      task.description,
      task.domain,
      task.required_capabilities,
      task.requiredTags,
      task.preferredTags,
      task.priority,
      task.payload ?? null,
      task.depends_on,
      task.parent_task_id ?? null,
      task.project_id ?? null,
      task.write_set ?? [],
      timeoutMs,
    ]);
  const { timeout: timeoutMs = known.timeout * 1_000, budget } = wanted;
  const attemptMs = Math.min(timeoutMs, budget?.wall_time_ms ?? Infinity);
  return facts(wanted, attemptMs) === facts(known, known.timeout * 1_000);
}
