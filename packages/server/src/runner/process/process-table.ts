// The processes of this machine as /proc shows them. One scan is shared by all who ask while it waits to begin, and
// goes in slices, so that many servers stopping at once cost a few scans and stall nobody.

import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OWNER_VARIABLE, tagsOf } from './owner-tag.ts';

/** Entries read in one turn of the event loop, about half a millisecond. */
const SLICE = 32;
/** Of an environment; a tag beyond it is not seen. */
const MAX_ENVIRON_BYTES = 262_144;

/** Errors that say "this process is gone or not ours", other than those that say nothing of it. */
const HIDDEN: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Of TUTTI_OWNER; empty when there is none, or when the process is not ours to look into. */
  readonly tags: readonly string[];
}

/** All living processes but this one; zombies are not living. */
export interface ProcessScan {
  readonly all: readonly ProcessEntry[];
  readonly byParent: ReadonlyMap<number, readonly ProcessEntry[]>;
}

export interface ProcessTable {
  /** The scan begins after the call. Undefined when the system did not let us look (out of file handles, say). */
  read(): Promise<ProcessScan | undefined>;
  /** Resident memory of a process; 0 when it is gone or not to be read. */
  rssBytes(pid: number): number;
}

/** Undefined where there is no /proc (macOS): then only process groups can be told. */
export function createProcessTable(platform: NodeJS.Platform): ProcessTable | undefined {
  if (platform !== 'linux' || !existsSync('/proc/self/stat')) return undefined;
  const buffer = Buffer.allocUnsafe(MAX_ENVIRON_BYTES);
  let running: Promise<ProcessScan | undefined> | undefined;
  let next: Promise<ProcessScan | undefined> | undefined;

  /** Undefined when the process is gone or not ours. */
  function readText(path: string): string | undefined {
    let file: number | undefined;
    try {
      file = openSync(path, 'r');
      let length = 0;
      while (length < buffer.length) {
        const count = readSync(file, buffer, length, buffer.length - length, null);
        if (count === 0) break;
        length += count;
      }
      return buffer.toString('latin1', 0, length);
    } catch (error) {
      if (error instanceof Error && 'code' in error && HIDDEN.has(error.code)) return undefined;
      throw error;
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  function readEntry(pid: number): ProcessEntry | undefined {
    const stat = readText(`/proc/${pid}/stat`);
    const fields = stat === undefined ? undefined : parseStat(stat);
    if (fields === undefined || fields.zombie) return undefined;
    const environ = readText(`/proc/${pid}/environ`);
    return { pid, ...fields, tags: tagsOf(environ === undefined ? undefined : ownerIn(environ)) };
  }

  async function scan(): Promise<ProcessScan> {
    await nextTurn();
    const pids = readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
    const all: ProcessEntry[] = [];
    for (let start = 0; start < pids.length; start += SLICE) {
      for (const pid of pids.slice(start, start + SLICE)) {
        const entry = readEntry(pid);
        if (entry !== undefined) all.push(entry);
      }
      await nextTurn();
    }
    return { all, byParent: Map.groupBy(all, (entry) => entry.parent) };
  }

  function begin(): Promise<ProcessScan | undefined> {
    next = undefined;
    const scanning = scan()
      .catch(() => undefined)
      .finally(() => {
        if (running === scanning) running = undefined;
      });
    running = scanning;
    return scanning;
  }

  return {
    read() {
      if (running === undefined) return begin();
      // A scan under way may have passed what the caller wants to see: it gets the one after it.
      next ??= running.then(begin);
      return next;
    },
    rssBytes(pid) {
      try {
        const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
        return Number(kilobytes ?? 0) * 1_024;
      } catch {
        return 0;
      }
    },
  };
}

type StatFields = Omit<ProcessEntry, 'pid' | 'tags'> & { readonly zombie: boolean };

/** `pid (name) state ppid pgrp session …`; the name may hold spaces and parentheses. */
export function parseStat(stat: string): StatFields | undefined {
  const [state, parent, group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 4);
  if (session === undefined) return undefined;
  const zombie = state === 'Z' || state === 'X';
  return { zombie, parent: Number(parent), group: Number(group), session: Number(session) };
}

const TAG_START = `${OWNER_VARIABLE}=`;

export function ownerIn(environ: string): string | undefined {
  const at = environ.startsWith(TAG_START) ? 0 : environ.indexOf(`\0${TAG_START}`) + 1;
  if (at === 0 && !environ.startsWith(TAG_START)) return undefined;
  const end = environ.indexOf('\0', at);
  return environ.slice(at + TAG_START.length, end < 0 ? undefined : end);
}
