// The version of this package, read from its own manifest.

import { readFileSync } from 'node:fs';
import { parseJson, stringAt } from './call/json.ts';

export function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return stringAt(parseJson(text)?.value, 'version') ?? 'unknown';
}
