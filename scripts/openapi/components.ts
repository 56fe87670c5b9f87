// JSON Schemas for the OpenAPI document: what the package of schemas names becomes a component, the rest stays where it is
// used. What is sent and what is answered may differ in one schema (defaults, units): then there are two components.

import { z } from 'zod';
import * as contract from '../../packages/schemas/src/index.ts';
import { described, readRemarks } from './remarks.ts';

export type Json = Readonly<Record<string, unknown>>;
type Direction = 'input' | 'output';

const PREFIX = '#/components/schemas/';
const SENT = 'Input';

export interface Components {
  /** As a request holds it. */
  sent(schema: z.ZodType): Json;
  /** As an answer holds it. */
  answered(schema: z.ZodType): Json;
  /** Those that were asked for so far, with all that they need; by name. */
  all(): Readonly<Record<string, Json>>;
}

/** `others`: schemas without a name that will be asked for. */
export function createComponents(others: readonly z.ZodType[]): Components {
  // Of several names for one schema it is always the same one that counts.
  const named = Object.entries(contract).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = new Map<z.ZodType, string>(
    named.flatMap(([name, value]): [z.ZodType, string][] =>
      /^[A-Z].*Schema$/.test(name) && value instanceof z.ZodType ? [[value, name.slice(0, -6)]] : [],
    ),
  );
  const unnamed = new Map<z.ZodType, string>();
  for (const schema of others) if (!names.has(schema)) unnamed.set(schema, `unnamed${unnamed.size}`);
  const remarks = readRemarks();
  const generated = { input: generate('input'), output: generate('output') };
  const used = { input: new Set<string>(), output: new Set<string>() };

  function generate(io: Direction): ReadonlyMap<string, Json> {
    const registry = z.registry<{ id: string }>();
    for (const [schema, id] of [...names, ...unnamed]) registry.add(schema, { id });
    const { schemas } = z.toJSONSchema(registry, {
      io,
      uri: (id) => `${PREFIX}${id}`,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        // A later version may answer more.
        if (io === 'output' && zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined)
          delete jsonSchema.additionalProperties;
      },
    });
    return new Map(
      Object.entries(schemas).flatMap(([id, schema]) =>
        id === '__shared' ? [] : [[id, described(cleaned(schema), remarks.get(`${id}Schema`))] as const],
      ),
    );
  }

  function use(schema: z.ZodType, io: Direction): Json {
    const name = names.get(schema);
    if (name !== undefined) {
      reach(name, io);
      return reference(name, io);
    }
    const body = generated[io].get(unnamed.get(schema) ?? '');
    if (body === undefined) throw new Error('a schema was not told of beforehand');
    for (const id of referencesIn(body)) reach(id, io);
    return io === 'input' ? renamed(body) : body;
  }

  function reach(id: string, io: Direction): void {
    if (used[io].has(id)) return;
    used[io].add(id);
    for (const next of referencesIn(generated[io].get(id) ?? {})) reach(next, io);
  }

  const reference = (id: string, io: Direction): Json => ({
    $ref: `${PREFIX}${io === 'input' && differs(id) ? `${id}${SENT}` : id}`,
  });

  /** Whether it is another one where it is sent. */
  function differs(id: string, seen: ReadonlySet<string> = new Set()): boolean {
    if (seen.has(id)) return false;
    const [sent, answered] = [generated.input.get(id), generated.output.get(id)];
    if (JSON.stringify(sent) !== JSON.stringify(answered)) return true;
    return referencesIn(sent ?? {}).some((next) => differs(next, new Set([...seen, id])));
  }

  function renamed(body: Json): Json {
    return mapObjects(body, (value) => {
      const id = referenceOf(value);
      return id === undefined ? value : { ...value, ...reference(id, 'input') };
    });
  }

  return {
    sent: (schema) => use(schema, 'input'),
    answered: (schema) => use(schema, 'output'),
    all: () =>
      Object.fromEntries(
        [
          ...[...used.output].map((id) => [id, generated.output.get(id) ?? {}] as const),
          ...[...used.input].map(
            (id) => [differs(id) ? `${id}${SENT}` : id, renamed(generated.input.get(id) ?? {})] as const,
          ),
        ].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
  };
}

/** The parameters of a query: what a value is told to be stands in place of the text that it is. */
export function queryParameters(schema: z.ZodObject): readonly Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const told = z.globalRegistry.get(zodSchema)?.['openapi'];
      if (!isObject(told)) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, told);
    },
  });
  return Object.entries(properties).map(([name, property]) => {
    const { openapi: _told, description, allowEmptyValue, ...value } = isObject(property) ? property : {};
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      ...(allowEmptyValue === true ? { allowEmptyValue } : {}),
      schema: value,
    };
  });
}

/** Without what says where it came from, and without the bounds that any whole number has here; any JSON value is the
 *  empty schema. */
function cleaned(schema: unknown): Json {
  const { $schema: _schema, $id: _id, ...body } = isObject(schema) ? schema : {};
  return mapObjects(body, (value) => {
    if (value['maximum'] === Number.MAX_SAFE_INTEGER) return cleaned(without(value, 'maximum'));
    if (value['minimum'] === Number.MIN_SAFE_INTEGER) return cleaned(without(value, 'minimum'));
    const { $ref: target, ...rest } = value;
    // Nothing but `z.json()` is shared by others.
    return typeof target === 'string' && target.includes('__shared') ? rest : value;
  });
}

function without(value: Json, key: string): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  const own = referenceOf(value);
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(referencesIn)];
}

function referenceOf({ $ref: target }: Json): string | undefined {
  return typeof target === 'string' && target.startsWith(PREFIX) ? target.slice(PREFIX.length) : undefined;
}

function mapObjects(value: Json, change: (value: Json) => Json): Json {
  const inside = (one: unknown): unknown =>
    Array.isArray(one) ? one.map(inside) : isObject(one) ? mapObjects(one, change) : one;
  return change(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inside(one)])));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
