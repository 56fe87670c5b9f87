// Emits every package to its dist/, in the order of their dependencies, as they are published.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

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
await bundleServer();

/**
 * The server as a few files: its hundreds of modules, and those of its libraries, would take several MB of every process
 * and a tenth of a second of every start. What may never be needed stays apart and is loaded on demand.
 */
async function bundleServer(): Promise<void> {
  const dist = `${ROOT}packages/server/dist`;
  const bundle = await rolldown({
    input: {
      'app/index': `${dist}/app/index.js`,
      instances: `${dist}/instances.js`,
      offline: `${dist}/offline.js`,
      // It is started by its place beside the chunk that starts it.
      'chunks/worker': `${dist}/store/sqlite/worker.js`,
    },
    platform: 'node',
    // Shared with the command line, or in need of files of their own at run time.
    external: ['@tutti/schemas', 'chokidar', 'pg', 'pino', 'undici', 'zod'],
  });
  const { output } = await bundle.generate({
    dir: dist,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  for (const file of globSync('**/*.js', { cwd: dist })) rmSync(join(dist, file));
  for (const file of output) {
    if (file.type !== 'chunk') continue;
    const path = join(dist, file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.code);
  }
}
