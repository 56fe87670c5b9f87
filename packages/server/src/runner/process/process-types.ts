// What a process is started from, and what is handed out of it.

import type { Readable, Writable } from 'node:stream';

export interface ProcessSpec {
  readonly server: string;
  /** The key of the instance that the process serves; for those who look at the list of processes. */
  readonly instance: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The declared variables; of Tutti's own environment a child sees only PATH, HOME, LANG and TMPDIR. */
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number;
  /** Of the process and its descendants together; over it they are stopped. */
  readonly memoryBytes?: number;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** For people: how it ended, with exit code or signal and the last lines of stderr. Cleaned and masked. */
  readonly reason: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly stdin: Writable;
  /** The bytes as they come. Whoever takes the process reads it, or the process blocks on a full pipe. */
  readonly stdout: Readable;
  /** Settles when the process and all of its descendants are gone; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGTERM to the group, a grace period, SIGKILL to the group and to descendants that left it. */
  stop(): Promise<ProcessEnd>;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly server: string;
  readonly instance: string;
  readonly startedAtMs: number;
  /** Resident memory of the process and its descendants at the last sample; undefined before the first one. */
  readonly rssBytes: number | undefined;
}
