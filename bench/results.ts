// All that one run of the bench found; what `--json` writes.

import { cpus, release, totalmem } from 'node:os';
import type { CellResult } from './cases/calls.ts';
import type { CatalogResult } from './cases/catalog.ts';
import type { CeilingResult } from './cases/ceiling.ts';
import type { CoordinationResult } from './cases/coordination/coordination.ts';
import type { LeaseResult } from './cases/leases/leases.ts';
import type { FleetResult } from './cases/fleet.ts';
import type { KnowledgeResult } from './cases/knowledge.ts';
import type { MailResult } from './cases/messages/messages.ts';
import type { MemoryResult } from './cases/memory.ts';
import type { SnapshotResult } from './cases/snapshot.ts';
import type { StartResult } from './cases/start.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

/** A part that was not asked for is left out. */
export interface BenchResults {
  readonly finishedAt: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly ceiling?: readonly CeilingResult[] | undefined;
  readonly cells?: readonly CellResult[] | undefined;
  readonly memory?: MemoryResult | undefined;
  readonly start?: StartResult | undefined;
  readonly fleet?: FleetResult | undefined;
  readonly catalog?: CatalogResult | undefined;
  readonly snapshot?: SnapshotResult | undefined;
  readonly coordination?: CoordinationResult | undefined;
  readonly leases?: LeaseResult | undefined;
  readonly knowledge?: KnowledgeResult | undefined;
  readonly messages?: MailResult | undefined;
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    node: process.version,
  };
}
