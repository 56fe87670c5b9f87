// Processes of earlier runs on the same state folder, whose guardian was killed too. Only the holder of the owner lock
// may sweep: then every other run on this folder is over.

import { setTimeout as pause } from 'node:timers/promises';
import { sendSignal } from './family.ts';
import { runPrefix, statePrefix, type OwnerId } from './owner-tag.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

const POLL_MS = 25;
/** What survives this many kills hangs in the kernel; we start without waiting for it. */
const MAX_ROUNDS = 80;

/** Kills them all; returns how many there were. */
export async function killLeftovers(table: ProcessTable, owner: OwnerId): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const scan = await table.read();
    const leftovers = scan?.all.filter((entry) => isLeftover(entry, owner)) ?? [];
    if (scan !== undefined && leftovers.length === 0) break;
    for (const { pid } of leftovers) {
      killed.add(pid);
      sendSignal(pid, 'SIGKILL');
    }
    await pause(POLL_MS);
  }
  return killed.size;
}

/** Pure. */
export function isLeftover(entry: ProcessEntry, owner: OwnerId): boolean {
  return entry.tags.some((tag) => tag.startsWith(statePrefix(owner)) && !tag.startsWith(runPrefix(owner)));
}
