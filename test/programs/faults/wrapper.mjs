// Like npx: node starts sh, which starts node, which is the server (faulty.mjs, with the arguments given here).

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const server = fileURLToPath(new URL('faulty.mjs', import.meta.url));
spawn('/bin/sh', ['-c', '"$0" "$@"; true', process.execPath, server, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
