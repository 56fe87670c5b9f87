// stderr as lines. Lines and speed are bounded: a process that floods its stderr is slowed down by its own full pipe
// and takes nobody else's time.

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../kernel/clock.ts';
import { MAX_LINE_CHARS } from '../../telemetry/clean-line.ts';

/** Taken from one process in one window; then it waits for the next one. */
const MAX_BYTES_PER_WINDOW = 2_097_152;
const MAX_LINES_PER_WINDOW = 500;
const WINDOW_MS = 100;

export function readStderr(stderr: Readable, clock: Clock, onLine: (line: string) => void): void {
  let windowStartMs = 0;
  let bytes = 0;
  let lines = 0;
  const splitter = createStderrLines((line) => {
    lines += 1;
    onLine(line);
  });
  stderr.on('data', (chunk: Buffer) => {
    const nowMs = clock.nowMs();
    if (nowMs - windowStartMs >= WINDOW_MS) {
      windowStartMs = nowMs;
      bytes = 0;
      lines = 0;
    }
    bytes += chunk.length;
    splitter.push(chunk);
    if (bytes > MAX_BYTES_PER_WINDOW || lines > MAX_LINES_PER_WINDOW) {
      stderr.pause();
      clock.after(WINDOW_MS, () => stderr.resume());
    }
  });
  stderr.on('close', () => splitter.end());
}

export interface StderrLines {
  push(chunk: Buffer): void;
  /** The last line need not end in a newline. */
  end(): void;
}

/** What a line has beyond MAX_LINE_CHARS + 1 characters is dropped; the one more shows that it was too long. */
export function createStderrLines(onLine: (line: string) => void): StderrLines {
  const decoder = new StringDecoder('utf8');
  let partial = '';

  function extend(text: string): void {
    partial += text.slice(0, MAX_LINE_CHARS + 1 - partial.length);
  }

  function finish(): void {
    const line = partial.endsWith('\r') ? partial.slice(0, -1) : partial;
    partial = '';
    if (line !== '') onLine(line);
  }

  return {
    push(chunk) {
      const text = decoder.write(chunk);
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        extend(text.slice(start, end));
        finish();
        start = end + 1;
      }
      extend(text.slice(start));
    },
    end() {
      extend(decoder.end());
      finish();
    },
  };
}
