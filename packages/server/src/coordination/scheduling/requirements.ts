// What a task wants of an agent. Tasks that want the same are one class: whether an agent suits is judged once for all of
// them, and each class has its own line.

import { createHash } from 'node:crypto';

export interface Requirements {
  readonly domain: string;
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
  /** Only this agent. */
  readonly target: string | null;
}

export interface TaskClass extends Requirements {
  readonly id: string;
}

/** The class: equal for the same requirements in whatever order. */
export function classOf({ domain, capabilities, tags, target }: Requirements): TaskClass {
  const sorted = { domain, capabilities: distinct(capabilities), tags: distinct(tags), target };
  const id = createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 22);
  return { id, ...sorted };
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)].toSorted();
}
