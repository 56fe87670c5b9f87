// The log of each server: the last lines in memory, and `<dir>/<server>.log` on disk.
// Lines are cleaned, masked and bounded before anyone sees them; nothing that a server writes can grow memory.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { cutLine, plainLine } from './clean-line.ts';
import { createLogFile, type LogFile } from './log-file.ts';
import type { Redactor } from './redactor.ts';

export const MAX_KEPT_LINES = 1_000;
/** Per server, in characters; fewer lines are kept when they are long. */
export const MAX_KEPT_CHARS = 1_048_576;
/** Of one file; one older file of the same size is kept beside it. */
const MAX_LOG_FILE_BYTES = 5_242_880;

/** `tutti` marks lines about the server: start, exit, restart; `log` are its MCP log messages that belong to no client. */
export type LogStream = 'stdout' | 'stderr' | 'log' | 'tutti';

export interface LogLine {
  readonly timeMs: number;
  readonly server: string;
  readonly stream: LogStream;
  readonly text: string;
}

export interface ServerLogs extends AsyncDisposable {
  /** Returns the text as it was kept. */
  append(server: string, stream: LogStream, text: string): string;
  /** The last lines, oldest first. */
  tail(server: string, count: number): readonly LogLine[];
  /** Calls back with every line that comes after now. */
  follow(server: string, listener: (line: LogLine) => void): Disposable;
  /** Frees the memory of a server that is gone; its file stays. */
  forget(server: string): void;
}

export interface ServerLogsDeps {
  readonly dir: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly fileFailed: (path: string, error: unknown) => void;
  readonly maxLines?: number;
  readonly maxFileBytes?: number;
}

interface ServerLog {
  readonly file: LogFile;
  readonly lines: LogLine[];
  chars: number;
}

export function createServerLogs(deps: ServerLogsDeps): ServerLogs {
  const { dir, clock, redactor, fileFailed } = deps;
  const maxLines = deps.maxLines ?? MAX_KEPT_LINES;
  const maxBytes = deps.maxFileBytes ?? MAX_LOG_FILE_BYTES;
  const logs = new Map<string, ServerLog>();
  const followers = new Map<string, Set<(line: LogLine) => void>>();
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  function logOf(server: string): ServerLog {
    const known = logs.get(server);
    if (known !== undefined) return known;
    const file = createLogFile({ path: logPath(dir, server), maxBytes, failed: fileFailed });
    const created: ServerLog = { file, lines: [], chars: 0 };
    logs.set(server, created);
    return created;
  }

  function keep(log: ServerLog, line: LogLine): void {
    log.lines.push(line);
    log.chars += line.text.length;
    while (log.lines.length > maxLines || log.chars > MAX_KEPT_CHARS) {
      const oldest = log.lines.shift();
      if (oldest === undefined) break;
      log.chars -= oldest.text.length;
    }
  }

  return {
    append(server, stream, text) {
      const log = logOf(server);
      // In this order: terminal sequences inside a secret would hide it, and so would a cut through it.
      const fit = cutLine(redactor.mask(plainLine(text)));
      const line: LogLine = { timeMs: clock.nowMs(), server, stream, text: fit };
      keep(log, line);
      log.file.append(formatLogLine(line));
      for (const listener of followers.get(server) ?? []) listener(line);
      return line.text;
    },
    tail: (server, count) => (count <= 0 ? [] : (logs.get(server)?.lines.slice(-count) ?? [])),
    follow(server, listener) {
      const listeners = followers.get(server) ?? new Set();
      followers.set(server, listeners);
      listeners.add(listener);
      return {
        [Symbol.dispose]() {
          listeners.delete(listener);
          if (listeners.size === 0 && followers.get(server) === listeners) followers.delete(server);
        },
      };
    },
    forget(server) {
      logs.delete(server);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...logs.values()].map((log) => log.file.flush()));
    },
  };
}

/** `[2026-01-31T12:00:00.000Z] name: text`, and `name [ERROR]: text` for stderr. */
export function formatLogLine(line: LogLine): string {
  const mark = line.stream === 'stderr' ? ' [ERROR]' : '';
  return `[${new Date(line.timeMs).toISOString()}] ${line.server}${mark}: ${line.text}`;
}

const FILE_SAFE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names of servers are checked where they are declared; a path is made of them only if they are what they should be. */
function logPath(dir: string, server: string): string {
  if (!FILE_SAFE_NAME.test(server))
    throw new AppError('invalid_params', `no log for the server name ${JSON.stringify(server)}`);
  return join(dir, `${server}.log`);
}
