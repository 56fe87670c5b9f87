#!/usr/bin/env node
// The entry of the command `tutti`. Plain JavaScript: an older Node must be able to run it as far as the first check.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const NEEDED_NODE = 24;
const SOURCE = new URL('../src/main.ts', import.meta.url);
const BUILT = new URL('../dist/main.js', import.meta.url);

if (Number(process.versions.node.split('.')[0]) < NEEDED_NODE) {
  process.stderr.write(
    `tutti needs Node ${NEEDED_NODE} or newer, and this is Node ${process.versions.node}. ` +
      `Install a newer one from https://nodejs.org and run the command again.\n`,
  );
  process.exit(1);
}

nodeModule.enableCompileCache?.();
const fromSource = existsSync(SOURCE);
if (fromSource) {
  // Inside the repository the packages are TypeScript: the export condition leads to it.
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, '@tutti/source'] }),
  });
}
const { main } = await import((fromSource ? SOURCE : BUILT).href);
await main({ binPath: fileURLToPath(import.meta.url), exit: (code) => process.exit(code) });
