// Which processes belong to one that we started, and how they are ended.

import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessScan, ProcessTable } from './process-table.ts';

const POLL_MS = 25;
/** How often survivors of SIGKILL are tried again after they were reported. */
const SLOW_POLL_MS = 2_000;
/** SIGKILL works at once, but for processes that hang in the kernel. */
const UNKILLABLE_AFTER_MS = 10_000;

export interface FamilyKey {
  /** Process id of the first one; also the id of its group and its session. */
  readonly pid: number;
  readonly tag: string;
}

/**
 * Pure: the group and the session of the first process, whoever carries its tag, and the descendants of them all, so
 * that neither setsid nor a scrubbed environment alone is a way out.
 */
export function familyOf(scan: ProcessScan, key: FamilyKey): number[] {
  const members = new Set<number>();
  for (const entry of scan.all) {
    if (entry.group === key.pid || entry.session === key.pid || entry.tags.includes(key.tag))
      members.add(entry.pid);
  }
  // A set is iterated in the order of insertion, also over what is added on the way.
  for (const member of members) {
    for (const child of scan.byParent.get(member) ?? []) members.add(child.pid);
  }
  return [...members];
}

export interface Family {
  signalGroup(signal: NodeJS.Signals): void;
  /** Resolves when all have ended, or when `over` says that it is enough. */
  untilGone(over: () => boolean): Promise<void>;
  /** Resolves when all are gone. `unkillable` is told once of those who survive for long. */
  kill(unkillable: (survivors: number) => void): Promise<void>;
}

/** Without a table (no /proc) the family is the process group. */
export function createFamily(key: FamilyKey, table: ProcessTable | undefined): Family {
  /** What to signal to reach all who live: process ids, or the negative id of the group. */
  async function living(): Promise<number[]> {
    if (table === undefined) return sendSignal(-key.pid, 0) ? [-key.pid] : [];
    const scan = await table.read();
    return scan === undefined ? [-key.pid] : familyOf(scan, key);
  }

  return {
    signalGroup(signal) {
      sendSignal(-key.pid, signal);
    },
    async untilGone(over) {
      while (!over() && (await living()).length > 0) await pause(POLL_MS);
    },
    async kill(unkillable) {
      // The group in one step, so that no member can fork out of it meanwhile.
      sendSignal(-key.pid, 'SIGKILL');
      const since = performance.now();
      let reported = false;
      for (;;) {
        const targets = await living();
        if (targets.length === 0) return;
        for (const target of targets) sendSignal(target, 'SIGKILL');
        if (!reported && performance.now() - since > UNKILLABLE_AFTER_MS) {
          unkillable(targets.length);
          reported = true;
        }
        await pause(reported ? SLOW_POLL_MS : POLL_MS);
      }
    },
  };
}

/** False when there is nobody to receive it. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
