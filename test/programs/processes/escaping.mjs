// Starts a grandchild in a session of its own, which ignores SIGTERM, and says `ready <its pid>`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('ignore-term.mjs', import.meta.url));
const grandchild = spawn(process.execPath, [program], {
  detached: true,
  stdio: ['ignore', 'pipe', 'ignore'],
});
grandchild.stdout.once('data', () => process.stdout.write(`ready ${grandchild.pid}\n`));
setInterval(() => {}, 1_000);
