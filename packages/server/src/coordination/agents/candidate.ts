// An agent as the scheduler judges it.

import { z } from 'zod';
import type { Candidate } from '../scheduling/judge.ts';
import type { AgentRow } from './agent-row.ts';

const WordsSchema = z.array(z.string());

export function candidateOf(row: AgentRow, usedSlots: number): Candidate {
  return {
    id: row.id,
    domain: row.domain,
    capabilities: new Set(wordsOf(row.capabilities)),
    tags: new Set(wordsOf(row.tags)),
    phase: row.phase,
    status: row.status,
    maxTasks: row.max_tasks,
    usedSlots,
  };
}

/** A column of words. */
export function wordsOf(text: string): readonly string[] {
  return WordsSchema.parse(JSON.parse(text));
}
