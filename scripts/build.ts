// Emits every package to its dist/, in the order of their dependencies, as they are published.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['schemas', 'wire', 'sdk', 'server', 'cli'];

for (const name of PACKAGES) rmSync(`${ROOT}packages/${name}/dist`, { recursive: true, force: true });
for (const name of PACKAGES) {
  const { status } = spawnSync('tsc', ['--project', `packages/${name}/tsconfig.build.json`], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

// Kysely as its three hundred modules takes 17 MB of every process and 50 ms of every start; as one file it takes 3 MB.
const kysely = `${ROOT}packages/server/dist/store/kysely.js`;
await build({ input: kysely, output: { file: kysely, minify: true } });
