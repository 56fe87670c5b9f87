// A test cites the requirements that it would fail without: verifies('SRV-03').

import { requirements, type RequirementId } from './requirements.ts';

/** Marks the running test as evidence for the requirements; an unknown id is an error. */
export function verifies(...ids: RequirementId[]): void {
  for (const id of ids) if (!(id in requirements)) throw new Error(`unknown requirement ${id}`);
}
