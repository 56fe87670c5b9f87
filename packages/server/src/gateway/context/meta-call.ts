// A call of one of the tools that stand for the catalog. Most are answered from the view; `call_tool`, `get_resource` and
// `get_prompt` become the very request that a client with the whole list would have sent, and go the way that goes.

import {
  isScanFailure,
  type Member,
  type Message,
  objectEntries,
  replaceSpan,
  request,
  scanMessage,
  spanText,
  splice,
  stringValue,
} from '@tutti/wire';
import { z } from 'zod';
import { type Era, NATIVE_SERVER } from '../../snapshot/types.ts';
import type { Reply } from '../exchange.ts';
import type { Asked } from '../routing/denied.ts';
import type { View } from '../routing/view.ts';
import {
  allTools,
  describeResource,
  filterTools,
  foundTools,
  listPrompts,
  listResources,
  listTools,
  wholeTool,
} from './catalog-answers.ts';
import { promptAsToolResult, resourceAsToolResult } from './as-tool-result.ts';
import { getResult, type OwnResults } from './result-answers.ts';
import type { ToolSearch } from './tool-search.ts';

export type MetaCall =
  /** The text of the result's content. */
  | { readonly kind: 'answer'; readonly text: string | Promise<string> }
  /** The whole of it. */
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** For the model that made the call, which may make a better one. */
  | { readonly kind: 'wrong'; readonly text: string }
  | {
      readonly kind: 'forward';
      readonly message: Message;
      /** What the answer must be turned into; undefined: it is the result of a tool already. */
      readonly convert: ((reply: Reply) => Reply) | undefined;
    };

export interface MetaContext {
  readonly view: View;
  readonly search: () => Promise<ToolSearch>;
  /** Servers that wait for somebody to log in. */
  readonly needingLogin: () => readonly string[];
  readonly era: Era;
  readonly own: OwnResults;
  /** Nothing has the name for the one who asks. */
  readonly missed: (asked: Asked) => void;
}

const limit = z.int().min(1).max(50).default(10);
const flag = z.boolean().default(false);
const argumentSchemas = {
  search_tools: z.object({ query: z.string(), limit, include_schema: flag }),
  filter_tools: z.object({
    pattern: z.string().optional(),
    description_filter: z.string().optional(),
    case_sensitive: flag,
    include_schema: flag,
    cursor: z.string().optional(),
  }),
  named: z.object({ name: z.string() }),
  located: z.object({ uri: z.string() }),
  result: z.object({ handle: z.string().optional() }),
  listed: z.object({ cursor: z.string().optional(), include_schema: flag }),
};

export function openMetaCall(context: MetaContext, tool: string, message: Message): MetaCall {
  const place = message.members.get('arguments');
  const given = place === undefined ? '{}' : spanText(message.bytes, place);
  switch (tool) {
    case 'call_tool':
      return callTool(context, message, place);
    case 'get_resource':
      return read(given, argumentSchemas.located, ({ uri }) => getResource(context, uri, message));
    case 'get_result':
      return read(given, argumentSchemas.result, ({ handle }) => getResult(context.own, handle, context.era));
    case 'get_prompt':
      return getPrompt(context, message, place);
    case 'search_tools':
      return read(given, argumentSchemas.search_tools, (args) => search(context, args));
    default:
      return fromView(context, tool, given);
  }
}

function fromView({ view, needingLogin }: MetaContext, tool: string, given: string): MetaCall {
  switch (tool) {
    case 'describe_tool':
      return read(given, argumentSchemas.named, ({ name }) => {
        const item = view.tool(name)?.item;
        return item === undefined ? unknownTool(view, name) : answer(wholeTool(item));
      });
    case 'filter_tools':
      return read(given, argumentSchemas.filter_tools, (args) => {
        const { pattern, description_filter: description, case_sensitive: caseSensitive } = args;
        const tools = filterTools(view, { pattern, description, caseSensitive });
        return listed(listTools(tools, { schema: args.include_schema, cursor: args.cursor }));
      });
    case 'list_tools':
      return read(given, argumentSchemas.listed, ({ cursor }) => {
        const waiting = needingLogin().map((name) => ({
          name,
          status: 'auth_required',
          auth_tool: 'core_auth_login',
        }));
        const more = waiting.length === 0 ? '' : `,"servers_requiring_auth":${JSON.stringify(waiting)}`;
        return listed(listTools(allTools(view), { schema: false, cursor }, more));
      });
    case 'list_core_tools':
      return read(given, argumentSchemas.listed, ({ include_schema: schema }) => {
        const core = [...view.groups()].find(({ key }) => key === NATIVE_SERVER);
        return listed(listTools(core?.tools ?? [], { schema, cursor: undefined }));
      });
    case 'list_resources':
      return read(given, argumentSchemas.listed, ({ cursor }) => listed(listResources(view, cursor)));
    case 'describe_resource':
      return read(given, argumentSchemas.located, ({ uri }) => {
        const text = describeResource(view, uri);
        return text === undefined
          ? wrong(`Unknown resource: ${uri}. list_resources says which there are.`)
          : answer(text);
      });
    case 'list_prompts':
      return read(given, argumentSchemas.listed, ({ cursor }) => listed(listPrompts(view, cursor)));
    case 'describe_prompt':
      return read(given, argumentSchemas.named, ({ name }) => {
        const item = view.prompt(name)?.item;
        return item === undefined
          ? wrong(`Unknown prompt: ${name}. list_prompts says which there are.`)
          : answer(item.exposedBytes.toString());
      });
    default:
      return wrong(`Unknown tool: ${tool}`);
  }
}

function search(
  { view, search: open }: MetaContext,
  { query, limit: most, include_schema: schema }: z.output<typeof argumentSchemas.search_tools>,
): MetaCall {
  return {
    kind: 'answer',
    text: open()
      .then((index) => index.find(query, most))
      .then((names) => foundTools(view, names, schema)),
  };
}

/** The members `name` and `arguments` of the arguments; of a repeated name the last one counts. */
function inner(message: Message, place: Member | undefined): ReadonlyMap<string, Member> {
  const entries = place === undefined ? [] : objectEntries(message.bytes, place);
  return new Map(entries.map(({ key, value }) => [key, value]));
}

/** JSON text of the inner arguments; models write them as text now and then. */
function innerArguments(message: Message, member: Member | undefined): string {
  if (member === undefined) return '{}';
  const text = stringValue(message.bytes, member);
  return text?.trim().startsWith('{') === true ? text : spanText(message.bytes, member);
}

function callTool({ view, missed }: MetaContext, message: Message, place: Member | undefined): MetaCall {
  const given = inner(message, place);
  const nameAt = given.get('name');
  const name = nameAt === undefined ? undefined : stringValue(message.bytes, nameAt);
  const outerName = message.members.get('name');
  if (name === undefined || outerName === undefined || place === undefined)
    return wrong('call_tool needs the name of a tool in "name".');
  if (view.tool(name) === undefined) {
    missed({ kind: 'tool', name });
    return unknownTool(view, name);
  }
  const bytes = splice(message.bytes, [
    replaceSpan(outerName, JSON.stringify(name)),
    replaceSpan(place, innerArguments(message, given.get('arguments'))),
  ]);
  return forward(bytes, undefined);
}

function getResource({ view, era }: MetaContext, uri: string, message: Message): MetaCall {
  if (view.resource(uri) === undefined)
    return wrong(`Unknown resource: ${uri}. list_resources says which there are.`);
  return forward(otherRequest(message, 'resources/read', `"uri":${JSON.stringify(uri)}`), (reply) =>
    resourceAsToolResult(era, reply),
  );
}

function getPrompt({ view, era }: MetaContext, message: Message, place: Member | undefined): MetaCall {
  const given = inner(message, place);
  const nameAt = given.get('name');
  const name = nameAt === undefined ? undefined : stringValue(message.bytes, nameAt);
  if (name === undefined) return wrong('get_prompt needs the name of a prompt in "name".');
  if (view.prompt(name) === undefined)
    return wrong(`Unknown prompt: ${name}. list_prompts says which there are.`);
  const members = `"name":${JSON.stringify(name)},"arguments":${innerArguments(message, given.get('arguments'))}`;
  return forward(otherRequest(message, 'prompts/get', members), (reply) => promptAsToolResult(era, reply));
}

/** The same request for another method, with the envelope that it has. */
function otherRequest(message: Message, method: string, members: string): Buffer {
  const id = message.id === undefined ? '0' : spanText(message.bytes, message.id);
  const meta = message.meta === undefined ? '' : `,"_meta":${spanText(message.bytes, message.meta)}`;
  return request(id, method, `{${members}${meta}}`);
}

function forward(bytes: Buffer, convert: ((reply: Reply) => Reply) | undefined): MetaCall {
  const message = scanMessage(bytes);
  if (isScanFailure(message)) return wrong(`The arguments are not valid JSON: ${message.reason}.`);
  return { kind: 'forward', message, convert };
}

function read<S extends z.ZodType>(given: string, schema: S, act: (args: z.output<S>) => MetaCall): MetaCall {
  const found = schema.safeParse(JSON.parse(given));
  if (found.success) return act(found.data);
  const [issue] = found.error.issues;
  return wrong(`Wrong arguments: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}

function listed(text: string | undefined): MetaCall {
  return text === undefined ? wrong('Unknown cursor: list again without one.') : answer(text);
}

function answer(text: string): MetaCall {
  return { kind: 'answer', text };
}

function wrong(text: string): MetaCall {
  return { kind: 'wrong', text };
}

function unknownTool(view: View, name: string): MetaCall {
  return wrong(view.withheld(name) ?? `Unknown tool: ${name}. Find one with search_tools.`);
}
