// Who suits parts of a task, and who has proven what: the agents that are registered, as assignment and comparison judge
// them.

import type {
  AvailableModel,
  ModelComparison,
  ModelFigures,
  Subtask,
  SubtaskAssignment,
} from '@tutti/schemas';
import { wordsOf } from './agents/candidate.ts';
import type { KnownAgent } from './agents/directory.ts';
import type { AgentTables } from './agents/agent-row.ts';
import { readFitnessOf } from './agents/fitness-queries.ts';
import { assignSubtasks, type Candidate } from './assignment/assign-subtasks.ts';
import { compareModels } from './assignment/compare-models.ts';
import type { Engine } from './engine.ts';

export interface Placements {
  /** Without models among the agents that are ready. */
  assign(subtasks: readonly Subtask[], models: readonly AvailableModel[]): SubtaskAssignment;
  /** The best first. */
  compare(ids: readonly string[], capabilities: readonly string[]): Promise<readonly ModelComparison[]>;
}

export function createPlacements({ database, directory, classes }: Engine): Placements {
  function candidate({ row, load, candidate: { phase, status } }: KnownAgent): Candidate {
    const isReady = phase === 'Ready' && status !== 'offline' && status !== 'error';
    return {
      id: row.id,
      capabilities: wordsOf(row.capabilities),
      freeSlots: isReady ? Math.max(0, row.max_tasks - load.used) : 0,
      load: load.used,
    };
  }

  /** One that is no agent is what it is said to be. */
  function candidateOf({ id, capabilities }: AvailableModel): Candidate {
    const known = directory.get(id);
    if (known === undefined) return { id, capabilities };
    const agent = candidate(known);
    return capabilities.length === 0 ? agent : { ...agent, capabilities };
  }

  return {
    assign(subtasks, models) {
      const all = models.length > 0 ? models.map(candidateOf) : [...directory.all()].map(candidate);
      return assignSubtasks(subtasks, all);
    },
    async compare(ids, asked) {
      const shown = await readFitnessOf(database.over<AgentTables>().read, ids);
      const figures = shown.map((row): ModelFigures => {
        const capabilities = classes.get(row.class_id)?.capabilities ?? [];
        return {
          model_id: row.agent_id,
          // Counted once, for what is asked for if the tasks were about that.
          task_class: capabilities.find((one) => asked.includes(one)) ?? capabilities[0] ?? row.class_id,
          succeeded: row.completed,
          failed: row.failed,
          duration_ms: row.total_ms,
          cost_micros: row.cost_micros,
        };
      });
      const declared = ids.flatMap((id) => {
        const known = directory.get(id);
        return known === undefined ? [] : [{ id, capabilities: wordsOf(known.row.capabilities) }];
      });
      return compareModels(ids, asked, declared, figures);
    },
  };
}
