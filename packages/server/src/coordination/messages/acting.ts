// In whose name somebody may write and read messages: an agent's for whoever registered it, a person's for that person,
// anybody's for an administrator.

import { PERSON_PREFIX, TUTTI_PARTICIPANT } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import type { Directory } from '../agents/directory.ts';
import type { Caller, Registry } from '../agents/registry.ts';
import { personOf } from './participants.ts';

export interface Acting {
  /** Throws where the caller may not. An agent is alive by it. */
  readonly requireOwn: (participantId: string, by: Caller) => Promise<void>;
  /** Whether the caller may see what this one sees. */
  readonly isOwn: (participantId: string, by: Caller) => boolean;
}

export function createActing({
  registry,
  directory,
}: {
  readonly registry: Pick<Registry, 'meet' | 'heard'>;
  readonly directory: Pick<Directory, 'get'>;
}): Acting {
  return {
    async requireOwn(participantId, by) {
      const person = personOf(participantId);
      if (person === undefined && participantId !== TUTTI_PARTICIPANT) {
        await registry.meet(participantId);
        registry.heard(participantId, by);
        return;
      }
      if (by.isAdmin && person !== undefined) return;
      if (person === by.id) return;
      throw new AppError(
        'refused',
        `${participantId} is not yours; as a person you are "${PERSON_PREFIX}${by.id}".`,
        { details: { kind: 'not_yours' } },
      );
    },
    isOwn(participantId, by) {
      if (by.isAdmin) return true;
      const person = personOf(participantId);
      return person === undefined ? directory.get(participantId)?.row.owner === by.id : person === by.id;
    },
  };
}
