// Takes memory until it has as many MiB as its argument says, in a child of its own.
import { spawn } from 'node:child_process';

const mebibytes = Number(process.argv[2]);
const script = `const held = []; for (let i = 0; i < ${mebibytes}; i++) held.push(Buffer.alloc(1048576, 1));
setInterval(() => held.length, 1000); process.stdout.write('ready\\n');`;
spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit'] });
setInterval(() => {}, 1_000);
