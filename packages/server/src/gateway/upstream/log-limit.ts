// Lines for a server's log, at a bounded speed: what comes faster is counted instead of kept, so that a server that
// pours out junk takes nobody else's time. Each stream has a share of its own: a flood of log messages does not hide what
// is wrong with stdout.

import type { Clock } from '../../kernel/clock.ts';

const MAX_LINES_PER_WINDOW = 500;
const WINDOW_MS = 100;

export type LimitedStream = 'stdout' | 'log';
export type WriteLine = (stream: LimitedStream, line: string) => void;

export function createLogLimit(clock: Clock, write: WriteLine): WriteLine {
  const lines: Record<LimitedStream, number> = { stdout: 0, log: 0 };
  const endWindow = (stream: LimitedStream): void => {
    const leftOut = lines[stream] - MAX_LINES_PER_WINDOW;
    lines[stream] = 0;
    if (leftOut > 0) write(stream, `${leftOut} lines were left out here: they came too fast`);
  };
  return (stream, line) => {
    if (lines[stream] === 0) clock.after(WINDOW_MS, () => endWindow(stream));
    lines[stream] += 1;
    if (lines[stream] <= MAX_LINES_PER_WINDOW) write(stream, line);
  };
}
