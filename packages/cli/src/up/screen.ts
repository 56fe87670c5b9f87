// A block of lines at the bottom of a terminal that is drawn again in place.

import type { WriteStream } from 'node:tty';

export interface Screen {
  /** Replaces the block. Lines must fit the width of the terminal. */
  draw(lines: readonly string[]): void;
  /** Leaves the block as it stands; what is written next comes after it. */
  end(): void;
}

export function createScreen(stream: WriteStream): Screen {
  let drawn = 0;
  return {
    draw(lines) {
      const back = drawn === 0 ? '' : `\u{1b}[${drawn}A\r`;
      stream.write(`${back}\u{1b}[J${lines.map((line) => `${line}\n`).join('')}`);
      drawn = lines.length;
    },
    end() {
      drawn = 0;
    },
  };
}
