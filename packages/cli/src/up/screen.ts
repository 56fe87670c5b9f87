// A block of lines at the bottom of a terminal that is drawn again in place.

export interface Screen {
  /** Replaces the block. Lines must fit the width of the terminal. */
  draw(lines: readonly string[]): void;
  /** Writes whole lines above the block, where they scroll away. */
  above(text: string): void;
  /** Leaves the block as it stands; what is written next comes after it. */
  end(): void;
}

export function createScreen(stream: NodeJS.WritableStream): Screen {
  let block: readonly string[] = [];
  const write = (text: string, lines: readonly string[]): void => {
    const back = block.length === 0 ? '' : `\u{1b}[${block.length}A\r\u{1b}[J`;
    stream.write(`${back}${text}${lines.map((line) => `${line}\n`).join('')}`);
    block = lines;
  };
  return {
    draw: (lines) => write('', lines),
    above: (text) => write(text, block),
    end() {
      block = [];
    },
  };
}
