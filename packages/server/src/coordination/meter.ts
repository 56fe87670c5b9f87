// What coordination lets itself be measured by.

export interface CoordinationMeter {
  /** A transaction takes so many intents; the oldest of them waited this long. */
  batchTaken(intents: number, waitedMs: number): void;
  /** A round gave out so many tasks. */
  roundDone(assignments: number): void;
  heartbeatsWritten(agents: number): void;
  knowledgeSearched(tookMs: number): void;
  knowledgeChanged(change: KnowledgeChange): void;
  projectChanged(kind: 'project' | 'goal', what: 'created' | 'status'): void;
}

export type KnowledgeChange =
  | 'create_entities'
  | 'update_node'
  | 'delete_entities'
  | 'add_observations'
  | 'delete_observations'
  | 'create_relations'
  | 'delete_relations';

export const NO_METER: CoordinationMeter = {
  batchTaken: () => undefined,
  roundDone: () => undefined,
  heartbeatsWritten: () => undefined,
  knowledgeSearched: () => undefined,
  knowledgeChanged: () => undefined,
  projectChanged: () => undefined,
};
