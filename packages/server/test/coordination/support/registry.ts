// A registry of agents on an open store, without the rest of coordination.

import { createBeats, type Beats } from '../../../src/coordination/agents/beats.ts';
import { createDirectory, type Directory } from '../../../src/coordination/agents/directory.ts';
import { createRegistry, type Registry } from '../../../src/coordination/agents/registry.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import type { Database } from '../../../src/store/database.ts';

export interface TestRegistry extends AsyncDisposable {
  readonly registry: Registry;
  readonly directory: Directory;
  readonly beats: Beats;
}

export function openRegistry(database: Database<object>, clock: Clock = systemClock): TestRegistry {
  const directory = createDirectory(database);
  const beats = createBeats({
    database,
    clock,
    revived(rows) {
      for (const row of rows) directory.put(row);
    },
    warn: (message, cause) => process.stderr.write(`${message}: ${String(cause)}\n`),
  });
  const registry = createRegistry({ database, directory, beats, clock });
  return { registry, directory, beats, [Symbol.asyncDispose]: () => beats[Symbol.asyncDispose]() };
}
