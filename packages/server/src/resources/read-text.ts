// A file's text into values: the syntax is told by the extension. JSON is strict, except that VS Code's own file may
// have comments and trailing commas, as that editor writes them.

import { extname } from 'node:path';
import { detectFormat } from './formats/detect-format.ts';
import { blankJsonComments, findJsonError } from './text/json-syntax.ts';
import { positionAt, type ParsedText } from './text/parsed-text.ts';
import { parseToml } from './text/toml-text.ts';
import { parseYaml } from './text/yaml-text.ts';

/** The extensions that are read. */
export const EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.json', '.jsonc', '.toml'];

/** What to do about bytes that are no text. */
export const NOT_UTF8 = 'not UTF-8 text; save it as UTF-8';

/** Undefined when the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function parseText(path: string, text: string): ParsedText {
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (bare.trim() === '')
    return {
      documents: [],
      errors: [{ line: 1, column: 1, message: 'the file is empty; declare a server or delete it' }],
    };
  switch (extname(path).toLowerCase()) {
    case '.toml':
      return parseToml(bare);
    case '.json':
    case '.jsonc':
      return parseJson(bare);
    default:
      return parseYaml(bare, { json: false });
  }
}

function parseJson(text: string): ParsedText {
  const error = findJsonError(text);
  if (error === undefined) return parseYaml(text, { json: true });
  const blanked = blankJsonComments(text);
  if (findJsonError(blanked) === undefined) {
    const parsed = parseYaml(blanked, { json: true });
    if (parsed.documents.some(({ value }) => detectFormat(value) === 'vscode')) return parsed;
  }
  return { documents: [], errors: [{ ...positionAt(text, error.offset), message: error.message }] };
}
