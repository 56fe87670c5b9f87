// A task as callers see it.

import { type ApiTask, TASK_REASONS, type TaskReason } from '@tutti/schemas';
import { z } from 'zod';
import type { ContentRow, TaskPart } from './queries.ts';
import { isHeld } from './task-machine.ts';
import { projectTask } from '../projections/task-states.ts';
import { keptProofs, waitsForProofs } from '../evidence/kept-proofs.ts';
import { AskedQuestionSchema } from './questions.ts';
import { errorOf, parsed, specOf, type TaskRow } from './task-row.ts';

const JsonSchema = z.json();

/** Of the contents only those that are given are shown. `unsatisfiable`: the words for why nobody could ever do it. */
export function taskView(
  row: TaskRow,
  contents: readonly ContentRow[],
  unsatisfiable: string | undefined,
): ApiTask {
  const spec = specOf(row);
  const part = (name: TaskPart) => {
    const body = contents.find((one) => one.task_id === row.id && one.part === name)?.body;
    return body === undefined ? undefined : parsed(JsonSchema, body, `the ${name} of the task ${row.id}`);
  };
  const isStuck = unsatisfiable !== undefined && row.ready === 1;
  return {
    id: row.id,
    description: row.description,
    parent_task_id: row.parent_id ?? undefined,
    workflow_id: row.workflow_id ?? undefined,
    project_id: row.project_id ?? undefined,
    goal_id: row.goal_id ?? undefined,
    domain: row.domain,
    required_capabilities: spec.required_capabilities,
    requiredTags: spec.requiredTags,
    preferredTags: spec.preferredTags,
    priority: row.priority,
    payload: part('payload'),
    deadline: time(row.deadline_ms),
    timeout: spec.timeoutMs / 1_000,
    retryPolicy: {
      maxRetries: spec.maxRetries,
      backoff: spec.backoff,
      initialDelay: spec.initialDelayMs / 1_000,
      maxDelay: spec.maxDelayMs / 1_000,
    },
    depends_on: spec.depends_on,
    budget: spec.budget,
    write_set: spec.write_set,
    status: row.status,
    states: projectTask(row.status, reasonOf(row)),
    reason: isStuck ? 'unsatisfiable' : reasonOf(row),
    message: isStuck ? unsatisfiable : (row.message ?? undefined),
    assigned_agent_id: isHeld(row.status) || row.ended_ms !== null ? (row.agent_id ?? undefined) : undefined,
    claim: row.claim,
    progress: row.progress ?? undefined,
    result: part('result'),
    partial_result: part('partial'),
    contextual_data: part('context'),
    question: questionView(row, contents),
    evidence: evidenceView(row, contents),
    error: row.status === 'completed' ? undefined : errorOf(row),
    dead_letter: row.dead_letter === 1 ? true : undefined,
    attempts: row.attempts,
    created_by: row.principal,
    submitted_by: spec.submitted_by ?? undefined,
    created_at: new Date(row.created_ms).toISOString(),
    not_before: time(row.not_before_ms),
    assigned_at: time(row.assigned_ms),
    started_at: time(row.started_ms),
    ended_at: time(row.ended_ms),
  };
}

function questionView(row: TaskRow, contents: readonly ContentRow[]): ApiTask['question'] {
  if (row.status !== 'waiting' || row.reason !== 'input') return undefined;
  const body = contents.find(({ task_id, part }) => task_id === row.id && part === 'question')?.body;
  if (body === undefined) return undefined;
  const {
    prompt,
    type,
    choices,
    default: fallback,
    required,
    asked_ms,
    due_ms,
  } = parsed(AskedQuestionSchema, body, `the question of the task ${row.id}`);
  return {
    prompt,
    type,
    choices,
    default: fallback,
    required,
    asked_at: new Date(asked_ms).toISOString(),
    due_at: new Date(due_ms).toISOString(),
  };
}

function evidenceView(row: TaskRow, contents: readonly ContentRow[]): ApiTask['evidence'] {
  if (!waitsForProofs(row)) return undefined;
  const body = contents.find(({ task_id, part }) => task_id === row.id && part === 'proofs')?.body;
  return body === undefined ? undefined : keptProofs(row, body).judged;
}

function reasonOf({ reason }: TaskRow): TaskReason | undefined {
  return TASK_REASONS.find((one) => one === reason);
}

function time(ms: number | null): string | undefined {
  return ms === null ? undefined : new Date(ms).toISOString();
}
