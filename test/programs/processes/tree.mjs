// A tree of processes: `tree.mjs WIDTH DEPTH`. Every second child is in a session of its own. Says `ready` when the
// whole tree below it stands.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const width = Number(process.argv[2]);
const depth = Number(process.argv[3]);
const self = fileURLToPath(import.meta.url);
if (depth > 0) {
  const children = Array.from({ length: width }, (_, index) =>
    spawn(process.execPath, [self, String(width), String(depth - 1)], {
      detached: index % 2 === 1,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
}
process.on('SIGTERM', () => {});
setInterval(() => {}, 1_000);
process.stdout.write('ready\n');
