// Writes the JSON Schemas that editors and other programs use, from the one schema of each kind.
// `--check` writes nothing and fails when a file is not what it should be.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { kindJsonSchemas } from '../packages/schemas/src/resources/json-schema.ts';

const folder = resolve(import.meta.dirname, '../packages/schemas/gen');
const isCheck = process.argv.includes('--check');
let stale = 0;

for (const [name, schema] of Object.entries(kindJsonSchemas())) {
  const path = resolve(folder, `${name}.json`);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present === text) continue;
  const shown = relative(process.cwd(), path);
  if (isCheck) {
    stale++;
    console.error(
      `${shown} is not what the schema says; run: node --conditions=@tutti/source scripts/gen-schemas.ts`,
    );
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`wrote ${shown}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
