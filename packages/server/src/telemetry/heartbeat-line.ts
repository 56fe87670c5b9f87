// Every minute one line with the names of the running servers, for those who watch a log and nothing else.

import type { Clock } from '../kernel/clock.ts';

const HEARTBEAT_LINE_INTERVAL_MS = 60_000;

export interface HeartbeatLineDeps {
  readonly clock: Clock;
  readonly running: () => readonly string[];
  readonly write: (line: string) => void;
}

export function createHeartbeatLine({ clock, running, write }: HeartbeatLineDeps): Disposable {
  let timer: Disposable = schedule();

  function schedule(): Disposable {
    return clock.after(HEARTBEAT_LINE_INTERVAL_MS, () => {
      timer = schedule();
      write(heartbeatLine(running()));
    });
  }

  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function heartbeatLine(running: readonly string[]): string {
  return `Running servers: ${running.length === 0 ? 'none' : [...running].sort().join(', ')}`;
}
