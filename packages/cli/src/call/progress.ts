// Progress of a call on stderr: one line that changes on a terminal, a line each elsewhere.

import type { WriteStream } from 'node:tty';
import { oneLine } from '../output/printable.ts';
import type { Progress } from './mcp-call.ts';

export interface ProgressPrinter {
  readonly show: (progress: Progress) => void;
  /** Clears what is shown, before the result is printed. */
  readonly end: () => void;
}

export function createProgressPrinter(stream: WriteStream): ProgressPrinter {
  let isShown = false;
  return {
    show(progress) {
      const text = oneLine(progressText(progress), (stream.columns ?? 81) - 1);
      stream.write(stream.isTTY ? `\r\u{1b}[K${text}` : `${text}\n`);
      isShown = true;
    },
    end() {
      if (isShown && stream.isTTY) stream.write('\r\u{1b}[K');
      isShown = false;
    },
  };
}

function progressText({ progress, total, message = '' }: Progress): string {
  const amount = total === undefined || total <= 0 ? String(progress) : `${progress} of ${total}`;
  return message === '' ? amount : `${amount}: ${message}`;
}
