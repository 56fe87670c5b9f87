// Keeps the cores from being halted while calls are measured. A virtual machine's core that nothing runs on is given back
// to its host, and waking it takes longer than a whole call: with one caller that would be most of what is measured, on
// all ways alike. A process of the lowest priority on each core yields to everything else at once.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Spins until the bench that started it is gone. */
const SPIN = `
  process.stdin.on('close', () => process.exit()).resume();
  (function spin() {
    for (const until = performance.now() + 20; performance.now() < until; );
    setImmediate(spin);
  })();
`;

/** Needs `chrt` (util-linux). */
export function keepAwake(): Disposable {
  const spinners = Array.from({ length: availableParallelism() }, () =>
    spawn('chrt', ['--idle', '0', process.execPath, '-e', SPIN], { stdio: ['pipe', 'ignore', 'inherit'] }),
  );
  return {
    [Symbol.dispose]() {
      for (const { stdin } of spinners) stdin.destroy();
    },
  };
}
