// YAML (and JSON, which is YAML) into values with positions.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import type { FieldPath, Position } from '../problem.ts';
import type { ParsedDocument, ParsedText, SyntaxError } from './parsed-text.ts';
import { writeYamlField } from './yaml-edit.ts';

/** Uses of aliases in one document; a bomb of nested aliases stops here. */
const MAX_ALIASES = 100;

/** Brackets within brackets, or list entries that begin in one line; the parser is recursive and slow at more. */
const MAX_NESTING = 500;

/** `json`: the text is known to be JSON, so that merge keys mean nothing. */
export function parseYaml(text: string, options: { readonly json: boolean }): ParsedText {
  const lines = new LineCounter();
  const documents: ParsedDocument[] = [];
  const errors: SyntaxError[] = [];
  if (isNestedTooDeeply(text, options.json))
    return { documents, errors: [{ line: 1, column: 1, message: NESTED_TOO_DEEPLY }] };
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      strict: true,
      merge: !options.json,
    });
    for (const document of parsed) {
      // A separator with nothing behind it, or comments only.
      if (document.contents === null || (isScalar(document.contents) && document.contents.source === '')) {
        errors.push(...document.errors.map((error) => describe(error, lines, text)));
        continue;
      }
      const read = readDocument(document, lines, { text, json: options.json });
      if (read.errors.length > 0) errors.push(...read.errors);
      else documents.push(read.document);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    errors.push({ line: 1, column: 1, message: NESTED_TOO_DEEPLY });
  }
  return { documents, errors };
}

/** Brackets in quotes count in YAML, where quotes are hard to tell; they would have to be hundreds, none closed. */
function isNestedTooDeeply(text: string, json: boolean): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(json ? /"[^"\\]*(?:\\[^][^"\\]*)*"|[[\]{}]/g : /[[\]{}]/g)) {
    if (token.startsWith('"')) continue;
    depth += token === '[' || token === '{' ? 1 : -1;
    if (depth > MAX_NESTING) return true;
  }
  return !json && new RegExp(`(?:[-?] +){${MAX_NESTING}}`).test(text);
}

function readDocument(
  document: Document.Parsed,
  lines: LineCounter,
  { text, json }: { readonly text: string; readonly json: boolean },
): { readonly document: ParsedDocument; readonly errors: SyntaxError[] } {
  // One mistake often leads to more messages; the first one is the mistake.
  const errors = [...document.errors, ...document.warnings]
    .slice(0, 1)
    .map((error) => describe(error, lines, text));
  let value: unknown;
  if (errors.length === 0) {
    const unknown = unknownAlias(document);
    if (unknown === undefined) {
      try {
        value = document.toJS({ maxAliasCount: MAX_ALIASES });
      } catch (error) {
        if (!(error instanceof ReferenceError)) throw error;
        errors.push({
          ...at(document.contents, lines),
          message: `more than ${MAX_ALIASES} aliases; write values out`,
        });
      }
    } else {
      errors.push({
        ...at(unknown, lines),
        message: `no anchor \`&${unknown.source}\` stands before this alias; add it`,
      });
    }
  }
  return {
    document: {
      value,
      locate: (field) => locate(document, field, lines),
      write: (field, wanted) => writeYamlField({ document, text, json }, field, wanted),
    },
    errors,
  };
}

function unknownAlias(document: Document.Parsed) {
  let found: (Node & { source: string }) | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** The key of a member, the value of a list entry. */
function locate(document: Document.Parsed, field: FieldPath, lines: LineCounter): Position {
  let node: unknown = document.contents;
  let place: unknown = node;
  for (const part of field) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      place = pair.key;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      node = node.items[part];
      place = node;
    } else break;
  }
  return at(place, lines);
}

function at(node: unknown, lines: LineCounter): Position {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined;
  return toPosition(range?.[0] ?? 0, lines);
}

function toPosition(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

const NESTED_TOO_DEEPLY = 'nested too deeply; flatten it';

const MESSAGES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML wants spaces',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed; line it up with the lines around it',
  BLOCK_AS_IMPLICIT_KEY: 'a second `:` stands in this line; put the value in quotes or on a line of its own',
  MULTILINE_IMPLICIT_KEY:
    'a `:` is missing, or the indentation is wrong; line it up with the lines around it',
  BAD_SCALAR_START: 'a value cannot begin with this character; put the value in quotes',
  BAD_DQ_ESCAPE: 'not an escape that YAML knows; write `\\\\` for a backslash',
  MISSING_CHAR: 'a closing quote or bracket is missing before this place; add it',
  MULTIPLE_ANCHORS: 'two anchors on one value; keep one',
  TAG_RESOLVE_FAILED: 'an unknown tag; remove it',
};

function describe(error: YAMLError, lines: LineCounter, text: string): SyntaxError {
  const [start, end] = error.pos;
  const place = toPosition(Math.min(start, text.length), lines);
  if (error.code === 'DUPLICATE_KEY') {
    const [key] = text.slice(start).split(/\s*[:\n]/, 1);
    return { ...place, message: `${key || text.slice(start, end)} stands here twice; rename or remove one` };
  }
  if (/call stack/i.test(error.message)) return { ...place, message: NESTED_TOO_DEEPLY };
  return { ...place, message: MESSAGES[error.code] ?? `not valid YAML: ${lowerFirst(error.message)}` };
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
