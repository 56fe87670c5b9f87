// Writes what other programs read of the schemas: the JSON Schema of each kind, for editors, and the OpenAPI document of the
// HTTP API.
// `--check` writes nothing and fails when a file is not what it should be.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { kindJsonSchemas } from '../packages/schemas/src/resources/json-schema.ts';
import { openApiDocument } from './openapi/document.ts';

const packages = resolve(import.meta.dirname, '../packages');
const files: readonly (readonly [string, unknown])[] = [
  ...Object.entries(kindJsonSchemas()).map(([name, schema]) => [`schemas/gen/${name}.json`, schema] as const),
  ['server/src/api/gen/openapi.json', openApiDocument()],
];
const isCheck = process.argv.includes('--check');
let stale = 0;

for (const [name, content] of files) {
  const path = resolve(packages, name);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present === text) continue;
  const shown = relative(process.cwd(), path);
  if (isCheck) {
    stale++;
    console.error(`${shown} is not what the code says; run: npm run gen`);
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    console.log(`wrote ${shown}`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
