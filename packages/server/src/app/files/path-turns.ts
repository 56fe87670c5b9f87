// One change of a file at a time on this host. Several files are taken in one order, so that nobody waits for each other.

import { createSerial, type Serial } from '../../kernel/serial.ts';

/** Changes of one file that wait. */
const MAX_WAITING = 100;

export interface PathTurns {
  run<T>(paths: readonly string[], work: () => Promise<T>): Promise<T>;
}

export function createPathTurns(): PathTurns {
  const turns = new Map<string, { readonly serial: Serial; users: number }>();

  async function one<T>(path: string, work: () => Promise<T>): Promise<T> {
    const turn = turns.get(path) ?? { serial: createSerial(MAX_WAITING), users: 0 };
    turns.set(path, turn);
    turn.users += 1;
    try {
      return await turn.serial.run(work);
    } finally {
      turn.users -= 1;
      if (turn.users === 0) turns.delete(path);
    }
  }

  async function all<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = paths;
    return first === undefined ? await work() : await one(first, () => all(rest, work));
  }

  return { run: (paths, work) => all([...new Set(paths)].toSorted(), work) };
}
