// Emits every package to its dist/, in the order of their dependencies, as they are published.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** All packages share the one Zod that the schemas bring. */
const SHARED_ZOD = '@tutti/schemas/zod';
/** Messages of Zod in fifty languages that nobody asks for. */
const withoutLocales: Plugin = {
  name: 'without-locales',
  load: { filter: { id: /zod\/v4\/locales\/index\.js$/ }, handler: () => 'export {};' },
};

const PACKAGES = ['schemas', 'wire', 'sdk', 'server', 'cli'];

for (const name of PACKAGES) rmSync(`${ROOT}packages/${name}/dist`, { recursive: true, force: true });
for (const name of PACKAGES) {
  const { status } = spawnSync('tsc', ['--project', `packages/${name}/tsconfig.build.json`], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
/** Loaded from where they are installed: needed by few, or in need of files of their own at run time. */
const APART = [/^@tutti\/(?:schemas|sdk|server)(?:\/|$)/, 'pg', 'undici', 'zod'];

await bundle('schemas', { index: 'index.js', network: 'network/address-guard.js', zod: 'zod.js' }, []);
await bundle('sdk', { index: 'index.js', node: 'node.js', executors: 'executors.js' }, [
  ...APART,
  '@kubernetes/client-node',
  /^(?:ajv|ajv-formats|csv-parse|csv-stringify|yaml)$/,
  /^ajv\//,
]);
await bundle(
  'server',
  {
    'app/index': 'app/index.js',
    instances: 'instances.js',
    offline: 'offline.js',
    // It is started by its place beside the chunk that starts it.
    'chunks/worker': 'store/sqlite/worker.js',
  },
  APART,
);
await bundle('cli', { main: 'main.js' }, APART);

/**
 * A package as a few files: hundreds of modules, its own and those of its libraries, would take 20 MB of every process
 * and a tenth of a second of every start. What may never be needed stays apart and is loaded on demand.
 */
async function bundle(
  name: string,
  entries: Readonly<Record<string, string>>,
  external: readonly (string | RegExp)[],
): Promise<void> {
  const dist = `${ROOT}packages/${name}/dist`;
  const built = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([entry, file]) => [entry, join(dist, file)])),
    platform: 'node',
    external: [...external],
    plugins: [withoutLocales],
  });
  const { output } = await built.generate({
    dir: dist,
    paths: { zod: SHARED_ZOD },
    entryFileNames: '[name].js',
    chunkFileNames: name === 'cli' ? '[name]-[hash].js' : 'chunks/[name]-[hash].js',
  });
  for (const file of globSync('**/*.js', { cwd: dist })) rmSync(join(dist, file));
  for (const file of output) {
    if (file.type !== 'chunk') continue;
    const path = join(dist, file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.code);
  }
}
