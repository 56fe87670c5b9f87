// Lines for a server's log, at a bounded speed: what comes faster is counted instead of kept, so that a server that
// pours out junk takes nobody else's time.

import type { Clock } from '../../kernel/clock.ts';

const MAX_LINES_PER_WINDOW = 500;
const WINDOW_MS = 100;

export type WriteLine = (stream: 'stdout' | 'log', line: string) => void;

export function createLogLimit(clock: Clock, write: WriteLine): WriteLine {
  let lines = 0;
  const endWindow = (): void => {
    const leftOut = lines - MAX_LINES_PER_WINDOW;
    lines = 0;
    if (leftOut > 0) write('log', `${leftOut} lines were left out here: they came too fast`);
  };
  return (stream, line) => {
    if (lines === 0) clock.after(WINDOW_MS, endWindow);
    lines += 1;
    if (lines <= MAX_LINES_PER_WINDOW) write(stream, line);
  };
}
