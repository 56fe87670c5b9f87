// What can be done with knowledge. A graph belongs to its project and is shared by all who work on it; agents whose role
// lets them submit nothing only read.

import type { KnowledgeTables } from './queries.ts';
import { createKnowledgeSource, type KnowledgeSource } from './read.ts';
import { createKnowledgeWrites, type KnowledgeWrites, type KnowledgeWritesDeps } from './write.ts';

export interface Knowledge extends KnowledgeSource, KnowledgeWrites {}

export function createKnowledge(deps: KnowledgeWritesDeps): Knowledge {
  return {
    ...createKnowledgeSource(deps.database.over<KnowledgeTables>(), deps.meter),
    ...createKnowledgeWrites(deps),
  };
}
