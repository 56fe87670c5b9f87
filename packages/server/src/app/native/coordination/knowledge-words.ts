// Entities and relations as text.

import type { ApiEntity, ApiRelation, TaskContext } from '@tutti/schemas';

/** Characters that the text of one answer has; the structured content has all of it. */
const MAX_TEXT_CHARS = 20_000;
const MAX_LISTED = 20;

type NamedEntity = Pick<ApiEntity, 'name' | 'entityType' | 'observations'>;

export function entityText({ name, entityType, observations }: NamedEntity): string {
  return [`${name} (${entityType})`, ...observations.map((one) => `- ${one}`)].join('\n');
}

export function graphText({
  entities,
  relations,
}: {
  readonly entities: readonly NamedEntity[];
  readonly relations: readonly ApiRelation[];
}): string {
  const text = [
    ...entities.map(entityText),
    ...relations.map(({ from, relationType, to }) => `${from} -[${relationType}]-> ${to}`),
  ].join('\n');
  return text.length <= MAX_TEXT_CHARS
    ? text
    : `${text.slice(0, MAX_TEXT_CHARS)}… (${text.length} characters; the structured content has all of it)`;
}

export function contextText({ step, dependencies, knowledgeEntities }: TaskContext): string {
  const entities = knowledgeEntities.map(({ type: entityType, ...entity }) => ({ ...entity, entityType }));
  return [
    `For the task ${step.id}:`,
    ...dependencies.map(
      ({ id, status, description }) => `It needs ${id}, which is ${status}: ${description}`,
    ),
    entities.length === 0 ? 'Nothing is known of it.' : graphText({ entities, relations: [] }),
  ].join('\n');
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${name}"`);
  return names.length <= MAX_LISTED
    ? shown.join(', ')
    : `${shown.join(', ')} and ${names.length - MAX_LISTED} more`;
}
