// Who takes part: registered agents by their ids, people by the principal that their key stands for, and Tutti itself,
// which only sends. Pure.

import { PERSON_PREFIX, TUTTI_PARTICIPANT } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';

/** The principal of a person; undefined for an agent. */
export function personOf(participantId: string): string | undefined {
  return participantId.startsWith(PERSON_PREFIX) ? participantId.slice(PERSON_PREFIX.length) : undefined;
}

/** Ids that an agent can't have, because they stand for somebody else. */
export function requireAgentName(id: string): void {
  if (id !== TUTTI_PARTICIPANT && personOf(id) === undefined) return;
  throw new AppError(
    'invalid_params',
    `"${id}" can't be the id of an agent: "${TUTTI_PARTICIPANT}" and "${PERSON_PREFIX}…" stand for others; choose another id.`,
  );
}
