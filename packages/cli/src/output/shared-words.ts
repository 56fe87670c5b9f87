// How projects, goals and what is known read in full.

import type { ApiEntity, ApiGoal, ApiNodes, ApiProgress, ApiProject } from '@tutti/schemas';
import { fieldLines, MAX_TEXT_WIDTH, section } from './description.ts';
import { oneLine } from './printable.ts';
import { goalsText } from './shared-listings.ts';
import { relativeTime } from './words.ts';

export function projectLines(project: ApiProject, goals: readonly ApiGoal[], nowMs: number): string[] {
  return [
    ...fieldLines([
      ['Id', oneLine(project.id, Infinity)],
      ['Name', oneLine(project.name, Infinity)],
      ['Description', oneLine(project.description, MAX_TEXT_WIDTH)],
      ['Status', project.status],
      ['Lead', project.lead_agent_id],
      ['Goals', `${goalsText(project)} done`],
      ['Tasks', progressText(project.progress)],
      ...madeFields(project, nowMs),
    ]),
    ...section(
      'Goals',
      goals.map((goal) => [goal.id, goal.status, oneLine(goal.name, MAX_TEXT_WIDTH)]),
    ),
  ];
}

export function goalLines(goal: ApiGoal, nowMs: number): string[] {
  return fieldLines([
    ['Id', oneLine(goal.id, Infinity)],
    ['Name', oneLine(goal.name, Infinity)],
    ['Description', oneLine(goal.description, MAX_TEXT_WIDTH)],
    ['Status', goal.status],
    ['Project', goal.project_id],
    ['Workflows', goal.workflow_ids.join(', ')],
    ['Tasks', progressText(goal.progress)],
    ...madeFields(goal, nowMs),
  ]);
}

export function entityLines(entity: ApiEntity, relations: ApiNodes['relations'], nowMs: number): string[] {
  const { metadata } = entity;
  return [
    ...fieldLines([
      ['Name', oneLine(entity.name, Infinity)],
      ['Type', entity.entityType],
      [
        'Metadata',
        Object.keys(metadata).length === 0 ? undefined : oneLine(JSON.stringify(metadata), MAX_TEXT_WIDTH),
      ],
      ...madeFields(entity, nowMs),
    ]),
    ...section(
      'Observations',
      entity.observations.map((one) => [oneLine(one, MAX_TEXT_WIDTH)]),
    ),
    ...section(
      'Relations',
      relations.map(({ from, relationType, to }) => [
        oneLine(from, Infinity),
        relationType,
        oneLine(to, Infinity),
      ]),
    ),
  ];
}

function madeFields(
  {
    created_by: by,
    created_at: made,
    updated_at: changed,
  }: Pick<ApiGoal, 'created_by' | 'created_at' | 'updated_at'>,
  nowMs: number,
): [string, string][] {
  return [
    ['Made', `${made} (${relativeTime(made, nowMs)}) by ${by}`],
    ['Changed', `${changed} (${relativeTime(changed, nowMs)})`],
  ];
}

function progressText({ tasks, open, completed, failed, cancelled, share }: ApiProgress): string {
  if (tasks === 0) return 'none yet';
  const percent = share === undefined ? '' : ` (${Math.round(share * 100)} %)`;
  return `${completed} completed${percent}, ${open} open, ${failed} failed, ${cancelled} cancelled`;
}
