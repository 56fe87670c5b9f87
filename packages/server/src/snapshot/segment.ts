// Makes the segment of a server from what was discovered: which items are shown, under which names. An item is looked
// into only for its name and the few members that routing needs; what can't be shown is left out with a note.

import { createHash } from 'node:crypto';
import { objectMembers, replaceSpan, spanBytes, splice, stringValue, type Member } from '@tutti/wire';
import { plainName, type ListedNames, type NameBook, type ServerNames } from './names.ts';
import type { Discovered } from './observation.ts';
import { readParamHeaders } from './param-headers.ts';
import type {
  HeldTool,
  JsonBytes,
  PromptItem,
  ResourceItem,
  ResourceTemplateItem,
  Segment,
  ServerEntry,
  ToolItem,
} from './types.ts';

/** Items of one list that are shown. */
const MAX_ITEMS_PER_LIST = 20_000;
/** Notes on one segment; they are for people. */
export const MAX_SEGMENT_NOTES = 20;

const TOOL_MEMBERS: ReadonlySet<string> = new Set(['name', 'inputSchema', 'execution']);
const EXECUTION_MEMBERS: ReadonlySet<string> = new Set(['taskSupport']);

export interface SegmentInput {
  readonly server: string;
  readonly transport: ServerEntry['transport'];
  readonly prefix: string;
  readonly found: Discovered;
  readonly cached: boolean;
  /** By the server's own name of the tool. */
  readonly isAllowed: (tool: string) => boolean;
  /** Why a tool is kept out until it is approved, if so; by the same name. */
  readonly heldBack?: (tool: string) => HeldTool['state'] | undefined;
}

export interface BuiltSegment {
  readonly segment: Segment;
  readonly names: ServerNames;
  /** Why items are missing or are named otherwise than expected. */
  readonly notes: readonly string[];
}

/** An item with the member that names it. */
interface Named {
  readonly own: string;
  readonly bytes: JsonBytes;
  readonly at: Member;
  readonly members: ReadonlyMap<string, Member>;
}

export function buildSegment(input: SegmentInput, book: Pick<NameBook, 'allocate'>): BuiltSegment {
  const { server, found } = input;
  const { handshake } = found;
  const notes: string[] = [];
  const note = (text: string): void => {
    if (notes.length < MAX_SEGMENT_NOTES) notes.push(text);
  };

  const allowed = namedItems('tool', 'name', TOOL_MEMBERS, found.tools, note).filter(({ own }) =>
    input.isAllowed(own),
  );
  const readTools = allowed.map((item) => ({ item, ...routingOf(item) }));
  const mirrorsHeaders = handshake.era === 'modern' && input.transport !== 'stdio';
  const shownTools = readTools.filter(({ item, headers }) => {
    if (headers.kind === 'valid' || !mirrorsHeaders) return true;
    note(`tool ${item.own} is left out: ${headers.reason}`);
    return false;
  });
  const shownPrompts = namedItems('prompt', 'name', new Set(['name']), found.prompts, note);
  const shownResources = namedItems('resource', 'uri', new Set(['uri']), found.resources, note);
  const shownTemplates = namedItems(
    'resource template',
    'uriTemplate',
    new Set(['uriTemplate']),
    found.resourceTemplates,
    note,
  );

  const listed: ListedNames = {
    tools: shownTools.map(({ item }) => item.own),
    prompts: shownPrompts.map(({ own }) => own),
    resources: shownResources.map(({ own }) => own),
    resourceTemplates: shownTemplates.map(({ own }) => own),
  };
  const names = book.allocate(server, input.prefix, listed);

  // Names are given to held tools too: approved, a tool has the name that it had.
  const heldTools = new Map<string, HeldTool>();
  const tools = shownTools.flatMap(({ item, headers, taskSupport }): ToolItem[] => {
    const exposedName = names.given.tools.get(item.own) ?? item.own;
    if (exposedName !== plainName(input.prefix, item.own))
      note(`tool ${item.own} is exposed as ${exposedName}: its plain name is taken or too long`);
    const state = input.heldBack?.(item.own);
    if (state !== undefined) {
      heldTools.set(item.own, { exposedName, state });
      return [];
    }
    return [
      {
        name: item.own,
        exposedName,
        bytes: item.bytes,
        exposedBytes: renamed(item, exposedName),
        paramHeaders: headers.kind === 'valid' ? headers.headers : [],
        taskSupport,
      },
    ];
  });
  const prompts = shownPrompts.map((item): PromptItem => {
    const exposedName = names.given.prompts.get(item.own) ?? item.own;
    return { name: item.own, exposedName, bytes: item.bytes, exposedBytes: renamed(item, exposedName) };
  });
  const resources = shownResources.map((item): ResourceItem => {
    const exposedUri = names.given.resources.get(item.own) ?? item.own;
    return { uri: item.own, exposedUri, bytes: item.bytes, exposedBytes: renamed(item, exposedUri) };
  });
  const resourceTemplates = shownTemplates.map((item): ResourceTemplateItem => {
    const exposedUriTemplate = names.given.resourceTemplates.get(item.own) ?? item.own;
    return {
      uriTemplate: item.own,
      exposedUriTemplate,
      bytes: item.bytes,
      exposedBytes: renamed(item, exposedUriTemplate),
    };
  });

  const lists = [tools, prompts, resources, resourceTemplates];
  const segment: Segment = {
    server,
    digest: digestOf(found, lists, heldTools),
    handshake,
    cached: input.cached,
    tools,
    prompts,
    resources,
    resourceTemplates,
    byTool: new Map(tools.map((tool) => [tool.name, tool])),
    byExposedTool: new Map(tools.map((tool) => [tool.exposedName, tool])),
    heldTools,
    byExposedPrompt: new Map(prompts.map((prompt) => [prompt.exposedName, prompt])),
    byExposedUri: new Map(resources.map((resource) => [resource.exposedUri, resource])),
  };
  return { segment, names, notes };
}

/** The same item under another name. */
export function renamedItem<Item extends Pick<ToolItem, 'exposedName' | 'exposedBytes'>>(
  item: Item,
  exposedName: string,
): Item {
  const { exposedBytes: bytes } = item;
  const at = objectMembers(bytes, { start: 0, end: bytes.length }, NAME).get('name');
  if (at === undefined) return item;
  return {
    ...item,
    exposedName,
    exposedBytes: splice(bytes, [replaceSpan(at, JSON.stringify(exposedName))]),
  };
}

const NAME: ReadonlySet<string> = new Set(['name']);

function namedItems(
  what: string,
  nameMember: string,
  wanted: ReadonlySet<string>,
  items: readonly JsonBytes[],
  note: (text: string) => void,
): readonly Named[] {
  const named = new Map<string, Named>();
  for (const bytes of items) {
    if (named.size === MAX_ITEMS_PER_LIST) {
      note(`only the first ${MAX_ITEMS_PER_LIST} of ${items.length} ${what}s are shown`);
      break;
    }
    const members = objectMembers(bytes, { start: 0, end: bytes.length }, wanted);
    const at = members.get(nameMember);
    const own = at === undefined ? undefined : stringValue(bytes, at);
    if (at === undefined || own === undefined || own === '')
      note(`a ${what} without a ${nameMember} is left out`);
    else if (named.has(own)) note(`${what} ${own} is listed twice; the first one counts`);
    else named.set(own, { own, bytes, at, members });
  }
  return [...named.values()];
}

function routingOf({ bytes, members }: Named) {
  const schema = members.get('inputSchema');
  const headers = readParamHeaders(schema === undefined ? Buffer.alloc(0) : spanBytes(bytes, schema));
  return { headers, taskSupport: taskSupportOf(bytes, members.get('execution')) };
}

function taskSupportOf(bytes: JsonBytes, execution: Member | undefined): ToolItem['taskSupport'] {
  if (execution === undefined) return 'forbidden';
  const at = objectMembers(bytes, execution, EXECUTION_MEMBERS).get('taskSupport');
  const value = at === undefined ? undefined : stringValue(bytes, at);
  return value === 'optional' || value === 'required' ? value : 'forbidden';
}

function renamed({ own, bytes, at }: Named, exposed: string): JsonBytes {
  return exposed === own ? bytes : splice(bytes, [replaceSpan(at, JSON.stringify(exposed))]);
}

function digestOf(
  { handshake }: Discovered,
  lists: readonly (readonly { readonly exposedBytes: JsonBytes }[])[],
  heldTools: Segment['heldTools'],
): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([handshake.era, handshake.protocolVersion, handshake.instructions ?? null]));
  for (const part of [handshake.capabilities, handshake.serverInfo ?? Buffer.from('null')])
    hash.update(part).update('\n');
  for (const list of lists) {
    hash.update(`[${list.length}\n`);
    for (const { exposedBytes } of list) hash.update(`${exposedBytes.length}\n`).update(exposedBytes);
  }
  for (const held of heldTools) hash.update(JSON.stringify(held));
  return hash.digest('base64url');
}
