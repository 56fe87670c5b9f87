// Like npx: node starts sh, which starts node, which does the work. Says `ready <pid of the worker>`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const worker = fileURLToPath(new URL('ignore-term.mjs', import.meta.url));
const script = '"$0" "$1" & echo "ready $!"; wait';
spawn('/bin/sh', ['-c', script, process.execPath, worker], { stdio: ['ignore', 'inherit', 'inherit'] });
