// What the source of the schemas says of them: the comment before a schema, and before each of its members. It goes into
// the document as descriptions, so that what a field means is written once, where it is declared.

import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Json } from './components.ts';

const SOURCES = resolve(import.meta.dirname, '../../packages/schemas/src');

/** Of a schema, and of what is in it. */
export interface Remarks {
  readonly text?: string | undefined;
  readonly members: ReadonlyMap<string, Remarks>;
}

interface SourceNode {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** By the names that the schemas are exported under. */
export function readRemarks(): ReadonlyMap<string, Remarks> {
  return new Map(
    globSync('**/*.ts', { cwd: SOURCES }).flatMap((file) => [...remarksIn(join(SOURCES, file))]),
  );
}

/** The schema with descriptions where it has none. */
export function described(schema: Json, remarks: Remarks | undefined): Json {
  if (remarks === undefined) return schema;
  const { properties, items } = schema;
  return {
    ...schema,
    ...(remarks.text === undefined || 'description' in schema ? {} : { description: remarks.text }),
    ...(isObject(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [
              name,
              isObject(value) ? described(value, remarks.members.get(name)) : value,
            ]),
          ),
        }
      : {}),
    // What is said of a list is said once; its items bring what is said of their members.
    ...(isObject(items) ? { items: described(items, { members: remarks.members }) } : {}),
  };
}

function remarksIn(path: string): ReadonlyMap<string, Remarks> {
  const text = readFileSync(path, 'utf8');
  const { program, comments } = parseSync(path, text);
  const constants = new Map<string, SourceNode>();
  const found = new Map<string, Remarks>();

  /** The comment that ends right before. */
  function remarkBefore(start: number): string | undefined {
    const before = comments.findLast(
      ({ type, value, end }) =>
        type === 'Block' && value.startsWith('*') && end <= start && text.slice(end, start).trim() === '',
    );
    return before?.value
      .split('\n')
      .map((line) => line.replace(/^\s*\*+ ?/, '').trim())
      .join(' ')
      .trim();
  }

  function membersOf(node: unknown): ReadonlyMap<string, Remarks> {
    if (!isNode(node)) return new Map();
    if (node.type === 'Identifier') return membersOf(constants.get(String(node['name'])));
    if (node.type === 'SpreadElement') return membersOf(node['argument']);
    if (node.type === 'ObjectExpression')
      return new Map(
        nodesOf(node['properties']).flatMap((property): [string, Remarks][] => {
          if (property.type === 'SpreadElement') return [...membersOf(property)];
          const { key, value } = property;
          if (!isNode(key)) return [];
          const name = String(key['name'] ?? key['value']);
          return [[name, { text: remarkBefore(property.start), members: membersOf(value) }]];
        }),
      );
    // `z.object({…}).optional()`, `z.array(z.object({…}))`, `OtherSchema.extend({…})`: what stands inside counts.
    if (node.type === 'CallExpression')
      return new Map([
        ...membersOf(node['callee']),
        ...nodesOf(node['arguments']).flatMap((argument) => [...membersOf(argument)]),
      ]);
    if (node.type === 'MemberExpression') return membersOf(node['object']);
    return new Map();
  }

  for (const statement of nodesOf(program.body)) {
    const { declaration = statement } = statement;
    if (!isNode(declaration) || declaration.type !== 'VariableDeclaration') continue;
    for (const { id, init } of nodesOf(declaration['declarations'])) {
      if (!isNode(id) || !isNode(init)) continue;
      constants.set(String(id['name']), init);
      found.set(String(id['name']), { text: remarkBefore(statement.start), members: membersOf(init) });
    }
  }
  return found;
}

function nodesOf(value: unknown): readonly SourceNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is SourceNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
