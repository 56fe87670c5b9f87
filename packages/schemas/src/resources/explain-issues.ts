// What a schema found, in plain words: one message per wrong field, which says what is there and what to write.

import { z } from 'zod';
import type { FieldIssue } from './mcp-server-rules.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** One issue per wrong field. `schema` is the one that refused `input`. */
export function explainIssues(error: z.ZodError, input: unknown, schema: z.core.$ZodType): FieldIssue[] {
  return error.issues.flatMap((issue) => explain(issue, input, schema));
}

function explain(issue: Issue, input: unknown, schema: z.core.$ZodType): FieldIssue[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const one = (message: string): FieldIssue[] => [{ path, message }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = fieldsAt(schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownField(key, known) }));
    }
    case 'invalid_type': {
      const found = valueAt(input, path);
      if (found === undefined) return one('required; add it');
      return one(
        `must be ${nameType(issue.expected)}, but is ${nameValue(found)}${hint(issue.expected, found)}`,
      );
    }
    case 'invalid_value': {
      if (valueAt(input, path) === undefined) return one('required; add it');
      const values = issue.values.map((value) => `\`${String(value)}\``);
      return one(values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`);
    }
    case 'invalid_key':
      return one(issue.issues[0]?.message ?? issue.message);
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return one('must not be empty');
      return one(`must be at least ${issue.minimum}`);
    case 'too_big':
      if (issue.origin === 'string') return one(issue.message);
      return one(`must be at most ${issue.maximum}${issue.origin === 'array' ? ' entries' : ''}`);
    case 'invalid_format':
    case 'invalid_union':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      break;
  }
  return one(issue.message);
}

function unknownField(key: string, known: readonly string[]): string {
  const near = known.find((field) => isNear(key, field));
  const advice = near === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${near}\`?`;
  return `not a known field; ${advice}`;
}

/** Whether two names differ only in case, `-` and `_`, or by one letter added, left out, changed or swapped. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [a, b].map((name) => name.toLowerCase().replaceAll(/[-_]/g, ''));
  if (x === undefined || y === undefined) return false;
  let start = 0;
  while (start < x.length && x[start] === y[start]) start++;
  const [restX, restY] = [x.slice(start), y.slice(start)];
  if (restX.slice(1) === restY || restX === restY.slice(1) || restX.slice(1) === restY.slice(1)) return true;
  return restX.slice(0, 2) === `${restY[1]}${restY[0]}` && restX.slice(2) === restY.slice(2);
}

/** The fields that the schema knows at a path. */
function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  let at: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    const inside = unwrap(at);
    if (inside instanceof z.core.$ZodArray) at = inside._zod.def.element;
    else if (inside instanceof z.core.$ZodRecord) at = inside._zod.def.valueType;
    else at = inside?._zod.def.shape[part];
  }
  const found = unwrap(at);
  return found instanceof z.core.$ZodObject ? Object.keys(found._zod.def.shape) : [];
}

type Composed = z.core.$ZodObject | z.core.$ZodArray | z.core.$ZodRecord;

/** The object, list or map inside of what makes it optional, gives it a default or transforms it. */
function unwrap(schema: z.core.$ZodType | undefined): Composed | undefined {
  if (schema === undefined || schema instanceof z.core.$ZodObject || schema instanceof z.core.$ZodArray)
    return schema;
  if (schema instanceof z.core.$ZodRecord) return schema;
  if (schema instanceof z.core.$ZodPipe) return unwrap(schema._zod.def.in);
  const isWrapper =
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodDefault;
  return isWrapper ? unwrap(schema._zod.def.innerType) : undefined;
}

function valueAt(input: unknown, path: Path): unknown {
  let at = input;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function nameType(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function nameValue(found: unknown): string {
  if (found === null) return 'empty';
  if (typeof found === 'number' || typeof found === 'boolean')
    return `the ${typeof found} \`${String(found)}\``;
  if (typeof found === 'string') return 'text';
  return Array.isArray(found) ? 'a list' : 'a map';
}

function hint(expected: string, found: unknown): string {
  if (found === null) return '; give it a value or remove it';
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean'))
    return `; write it in quotes: "${String(found)}"`;
  if (typeof found !== 'string') return '';
  if (expected === 'array') return '; write a list: ["…"]';
  const isBoolean = expected === 'boolean' && /^(true|false)$/.test(found);
  const isNumber = (expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?$/.test(found);
  return isBoolean || isNumber ? '; write it without quotes' : '';
}
