// Arguments of a tool from words of the command line: `key=value` is read as the type that the tool's schema gives to
// the key, `key:=json` is taken as it stands, a repeated key makes a list. The result is JSON text, so that a number
// arrives as it was typed.

import { CliError } from '../report-error.ts';
import { EXIT } from '../exit-codes.ts';
import { suggest } from '../suggest.ts';
import { arrayAt, isObject, objectAt, parseJson } from './json.ts';

export function argumentsFromJson(text: string): string {
  const parsed = parseJson(text);
  if (parsed !== undefined && isObject(parsed.value)) return text;
  const what = parsed === undefined ? 'is not JSON' : 'is not a JSON object';
  throw new CliError(EXIT.usage, `The value of --json ${what}.`, [`For example: --json '{"path": "/tmp"}'`]);
}

export function argumentsFromWords(words: readonly string[], inputSchema: unknown): string {
  const properties = objectAt(inputSchema, 'properties') ?? {};
  const values = new Map<string, string[]>();
  for (const word of words) {
    const match = /^([^=]+?)(:?=)(.*)$/s.exec(word);
    const [key, operator, text] = [match?.[1], match?.[2], match?.[3]];
    if (key === undefined || text === undefined) {
      throw new CliError(EXIT.usage, `"${word}" is not an argument.`, [
        'Write key=value, key:=json, or all of them as --json {…}.',
      ]);
    }
    requireKnown(key, properties, inputSchema);
    const isRepeated = words.filter((other) => other.startsWith(`${key}=`)).length > 1;
    const value = operator === ':=' ? rawJson(key, text) : coerce(key, text, properties[key], isRepeated);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  requireComplete(values, properties, inputSchema);
  const members = [...values].map(([key, [first = 'null', ...more]]) => {
    const isList = more.length > 0 || (typesOf(properties[key])[0] === 'array' && !first.startsWith('['));
    return `${JSON.stringify(key)}:${isList ? `[${[first, ...more].join(',')}]` : first}`;
  });
  return `{${members.join(',')}}`;
}

function rawJson(key: string, text: string): string {
  if (parseJson(text) !== undefined) return text;
  throw new CliError(EXIT.usage, `The value of "${key}" is not JSON: ${text}`, [
    `For a plain text write ${key}=… without the colon.`,
  ]);
}

/** One value as JSON text. For a list it is one item, unless the text is a whole JSON list. */
function coerce(key: string, text: string, schema: unknown, isRepeated: boolean): string {
  const types = typesOf(schema);
  for (const type of types) {
    if (type === 'array') {
      if (!isRepeated && Array.isArray(parseJson(text)?.value)) return text;
      return coerce(key, text, objectAt(schema, 'items'), false);
    }
    if (type === 'string' || hasType(text, type)) return type === 'string' ? JSON.stringify(text) : text;
  }
  if (types.length === 0) return JSON.stringify(text);
  throw new CliError(EXIT.usage, `"${key}" must be ${withArticle(types)}, and "${text}" is not.`);
}

function hasType(text: string, type: string): boolean {
  const value = parseJson(text)?.value;
  switch (type) {
    case 'number':
      return typeof value === 'number';
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    case 'object':
      return isObject(value);
    default:
      return false;
  }
}

/** The types that a schema allows, the narrow ones before `string`, which takes everything. */
function typesOf(schema: unknown): readonly string[] {
  if (!isObject(schema)) return [];
  const alternatives = [...arrayAt(schema, 'anyOf'), ...arrayAt(schema, 'oneOf')].flatMap((one) =>
    typesOf(one),
  );
  const own = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
  const types = [...own, ...alternatives].filter((type) => typeof type === 'string');
  return types.toSorted((a, b) => Number(a === 'string') - Number(b === 'string'));
}

function requireKnown(key: string, properties: object, inputSchema: unknown): void {
  const names = Object.keys(properties);
  const isClosed = isObject(inputSchema) && inputSchema['additionalProperties'] === false;
  const similar = suggest(key, names);
  if (names.includes(key) || (!isClosed && similar === undefined)) return;
  const known = names.length === 0 ? 'It takes none.' : `It takes: ${names.join(', ')}.`;
  throw new CliError(EXIT.usage, `The tool has no argument "${key}".`, [
    similar === undefined ? known : `Did you mean "${similar}"? ${known}`,
  ]);
}

function requireComplete(
  values: ReadonlyMap<string, unknown>,
  properties: object,
  inputSchema: unknown,
): void {
  const missing = arrayAt(inputSchema, 'required').filter(
    (key): key is string => typeof key === 'string' && !values.has(key),
  );
  if (missing.length === 0) return;
  const described = missing.map((key) => {
    const types = typesOf(objectAt(properties, key));
    return types.length === 0 ? key : `${key} (${types.join(' or ')})`;
  });
  throw new CliError(EXIT.usage, `Missing: ${described.join(', ')}.`, [
    `For example: ${missing.map((key) => `${key}=…`).join(' ')}`,
  ]);
}

function withArticle(types: readonly string[]): string {
  return types.map((type) => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)).join(' or ');
}
