// One tool of a family: the members' tool with one more argument, which says whose it is. The text of the first member's
// definition is spliced, so that every other byte of it stays. Pure.

import {
  arrayItems,
  cutMembers,
  type Edit,
  insertMembers,
  type Member,
  objectEntries,
  objectMembers,
  replaceSpan,
  splice,
  stringValue,
} from '@tutti/wire';
import { canonicalJson } from './canonical-json.ts';
import type { FamilyTool, JsonBytes, ToolItem } from './types.ts';

/** The value of the argument that stands for all members. */
export const ALL_MEMBERS = '*';

/** What makes two definitions different tools. Title, icons and `_meta` are for show: the first member's are shown. */
const COMPARED = ['description', 'inputSchema', 'outputSchema', 'annotations', 'execution'] as const;
const COMPARED_SET: ReadonlySet<string> = new Set(COMPARED);
const SHAPED: ReadonlySet<string> = new Set(['name', 'inputSchema']);
const SCHEMA_MEMBERS: ReadonlySet<string> = new Set(['properties', 'required']);

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** How the members of a tool are told apart. */
export interface InstanceArgument {
  readonly name: string;
  /** Whether all members may be called at once. */
  readonly fanOut: boolean;
}

/** Why these equal-named tools can't be one; undefined: they can. */
export function obstacle(members: ReadonlyMap<string, ToolItem>, argument: string): string | undefined {
  const [first, ...others] = members;
  if (first === undefined) return undefined;
  for (const [server, { bytes }] of others) {
    const differing = firstDifference(first[1].bytes, bytes);
    if (differing !== undefined) return `its ${differing} is not the same on ${first[0]} and ${server}`;
  }
  return unfit(first[1].bytes, argument);
}

export function familyTool(
  members: ReadonlyMap<string, ToolItem>,
  exposedName: string,
  argument: InstanceArgument,
  heldMembers: readonly string[],
): FamilyTool | undefined {
  const [first] = members.values();
  if (first === undefined) return undefined;
  const { name, bytes } = first;
  const exposedBytes = withArgument(bytes, exposedName, argument, [...members.keys()]);
  return { name, exposedName, bytes, exposedBytes, members, heldMembers };
}

/** The tool with some of its members only; undefined when none is left. */
export function narrowedTool(
  tool: FamilyTool,
  argument: InstanceArgument,
  isShown: (server: string) => boolean,
): FamilyTool | undefined {
  const shown = new Map([...tool.members].filter(([server]) => isShown(server)));
  if (shown.size === tool.members.size) return tool;
  return familyTool(shown, tool.exposedName, argument, tool.heldMembers.filter(isShown));
}

function firstDifference(one: JsonBytes, other: JsonBytes): string | undefined {
  if (one.equals(other)) return undefined;
  const [a, b] = [one, other].map((bytes) => objectMembers(bytes, whole(bytes), COMPARED_SET));
  return COMPARED.find((name) => {
    const [x, y] = [a?.get(name), b?.get(name)];
    if (x === undefined || y === undefined) return x !== y;
    return canonicalJson(one, x) !== canonicalJson(other, y);
  });
}

/** Why the definition can't take one more argument of that name. */
function unfit(bytes: JsonBytes, argument: string): string | undefined {
  const schema = objectMembers(bytes, whole(bytes), SHAPED).get('inputSchema');
  if (schema === undefined) return undefined;
  if (bytes[schema.start] !== OPEN_BRACE) return 'its inputSchema is no object';
  const { properties, required } = schemaMembers(bytes, schema);
  if (properties !== undefined && bytes[properties.start] !== OPEN_BRACE)
    return 'the properties of its inputSchema are no object';
  if (required !== undefined && bytes[required.start] !== OPEN_BRACKET)
    return 'what its inputSchema requires is no list';
  const taken =
    (properties !== undefined && objectEntries(bytes, properties).some(({ key }) => key === argument)) ||
    (required !== undefined &&
      arrayItems(bytes, required).some((item) => stringValue(bytes, item) === argument));
  return taken ? `it has an argument "${argument}" of its own` : undefined;
}

function withArgument(
  bytes: JsonBytes,
  exposedName: string,
  argument: InstanceArgument,
  servers: readonly string[],
): JsonBytes {
  const root = whole(bytes);
  const members = objectMembers(bytes, root, SHAPED);
  const [name, schema] = [members.get('name'), members.get('inputSchema')];
  const edits: Edit[] = [];
  if (name !== undefined) edits.push(replaceSpan(name, JSON.stringify(exposedName)));
  const property = `${JSON.stringify(argument.name)}:${argumentSchema(argument, servers)}`;
  const required = JSON.stringify(argument.name);
  if (schema === undefined)
    edits.push(
      insertMembers(
        root,
        `"inputSchema":{"type":"object","properties":{${property}},"required":[${required}]}`,
      ),
    );
  else edits.push(...schemaEdits(bytes, schema, property, required));
  // What comes of a call of all members is in no one member's schema.
  if (argument.fanOut) edits.push(...outputSchemaCuts(bytes));
  return splice(bytes, edits);
}

function schemaEdits(bytes: JsonBytes, schema: Member, property: string, required: string): Edit[] {
  const known = schemaMembers(bytes, schema);
  const missing: string[] = [];
  const edits: Edit[] = [];
  if (known.properties === undefined) missing.push(`"properties":{${property}}`);
  else edits.push(insertMembers(known.properties, property));
  if (known.required === undefined) missing.push(`"required":[${required}]`);
  else {
    const at = known.required.start + 1;
    const isEmpty = arrayItems(bytes, known.required).length === 0;
    edits.push({ start: at, end: at, text: isEmpty ? required : `${required},` });
  }
  if (missing.length > 0) edits.push(insertMembers(schema, missing.join(',')));
  return edits;
}

function argumentSchema({ fanOut }: InstanceArgument, servers: readonly string[]): string {
  const description = fanOut
    ? `The server that takes the call; ${ALL_MEMBERS} calls all of them and puts their results together.`
    : 'The server that takes the call.';
  const values = fanOut ? [...servers, ALL_MEMBERS] : servers;
  return JSON.stringify({ type: 'string', description, enum: values });
}

function outputSchemaCuts(bytes: JsonBytes): Edit[] {
  const found = objectEntries(bytes, whole(bytes)).filter(({ key }) => key === 'outputSchema');
  return found.length === 0
    ? []
    : cutMembers(
        bytes,
        found.map(({ value }) => value),
      );
}

function schemaMembers(bytes: JsonBytes, schema: Member) {
  const found = objectMembers(bytes, schema, SCHEMA_MEMBERS);
  return { properties: found.get('properties'), required: found.get('required') };
}

function whole(bytes: JsonBytes) {
  return { start: 0, end: bytes.length };
}
