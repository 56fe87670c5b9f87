// The lists of `tutti get`: which there are, and how an item of each reads as a row.

import type {
  ApiEvent,
  ApiFamily,
  ApiResource,
  ApiServer,
  ApiSource,
  ApiTool,
  ApiToolset,
} from '@tutti/schemas';
import type { RequestOptions, TuttiClient } from '@tutti/sdk';
import type { Option } from 'commander';
import type { CliContext } from '../context.ts';
import { oneLine } from './printable.ts';
import { RESOURCE_HEADER, resourceRow } from './resource-words.ts';
import { serverNote, styledState, toolCountText } from './server-words.ts';
import { SOURCE_HEADER, sourceRow } from './source-words.ts';
import { count } from './words.ts';

const MAX_NOTE_WIDTH = 100;

export interface Listing<Item, Filters = object> {
  readonly name: string;
  /** The singular, which names the list as well. */
  readonly alias: string;
  readonly description: string;
  /** What the list can be narrowed to. */
  readonly filters?: () => readonly Option[];
  list(client: TuttiClient, options: RequestOptions & Filters): Promise<Item[]>;
  /** What tells one item from the others. */
  key(item: Item): string;
  readonly header: readonly string[];
  row(item: Item, context: CliContext): string[];
  /** What is said when there are none. */
  readonly empty: string;
}

export const SERVERS: Listing<ApiServer> = {
  name: 'servers',
  alias: 'server',
  description: 'the servers and how they are',
  list: (client, options) => client.servers(options),
  key: ({ name }) => name,
  header: ['NAME', 'TYPE', 'STATE', 'TOOLS', 'RESTARTS', 'NOTE'],
  row: (server, { stdout }) => [
    server.name,
    server.type,
    styledState(server.status.state, stdout),
    toolCountText(server),
    String(server.status.restartCount),
    oneLine(serverNote(server, Date.now()), MAX_NOTE_WIDTH),
  ],
  empty: 'No servers are declared. Add one with: tutti add NAME -- COMMAND',
};

export const TOOLSETS: Listing<ApiToolset> = {
  name: 'toolsets',
  alias: 'toolset',
  description: 'the named views of the catalog',
  list: (client, options) => client.toolsets(options),
  key: ({ name }) => name,
  header: ['NAME', 'TOOLS', 'PROMPTS', 'RESOURCES', 'URL', 'NOTE'],
  row: (set) => [
    set.name,
    String(set.toolCount),
    String(set.promptCount),
    String(set.resourceCount),
    set.url,
    oneLine(toolsetNote(set), MAX_NOTE_WIDTH),
  ],
  empty: 'No toolsets are declared. docs/guides/toolsets.md says how.',
};

export const FAMILIES: Listing<ApiFamily> = {
  name: 'families',
  alias: 'family',
  description: 'equal servers whose tools are shown once',
  list: (client, options) => client.families(options),
  key: ({ name }) => name,
  header: ['NAME', 'ARGUMENT', 'SERVERS', 'TOOLS', 'NOTE'],
  row: ({ name, instanceArg, servers, tools, problems }) => [
    name,
    instanceArg,
    servers.join(', '),
    String(tools.length),
    oneLine(problems.map(({ message }) => message).join('; '), MAX_NOTE_WIDTH),
  ],
  empty: 'No server is in a family. docs/guides/families.md says how.',
};

export const RESOURCES: Listing<ApiResource> = {
  name: 'resources',
  alias: 'resource',
  description: 'all that is declared, wherever, and what it comes to',
  list: (client, options) => client.resources(options),
  key: ({ kind, name, origin }) => JSON.stringify([kind, name, origin.source, origin.name, origin.file]),
  header: RESOURCE_HEADER,
  row: resourceRow,
  empty: 'Nothing is declared. Add a server with: tutti add NAME -- COMMAND',
};

export const SOURCES: Listing<ApiSource> = {
  name: 'sources',
  alias: 'source',
  description: 'where declarations are taken from',
  list: (client, options) => client.sources(options),
  key: ({ name }) => name,
  header: SOURCE_HEADER,
  row: sourceRow,
  empty: 'No Source is declared: the files of this machine are all there is. See: tutti up --help',
};

export const TOOLS: Listing<ApiTool> = {
  name: 'tools',
  alias: 'tool',
  description: 'the tools of all servers',
  list: (client, options) => client.tools(options),
  key: ({ exposedName }) => exposedName,
  header: ['TOOL', 'SERVER', 'DESCRIPTION'],
  row: ({ exposedName, server, members, description, title }) => [
    exposedName,
    members === undefined ? server : `${server} (${count(members.length, 'server')})`,
    oneLine(description ?? title ?? '', MAX_NOTE_WIDTH),
  ],
  empty: 'There are no tools.',
};

export const EVENTS: Listing<ApiEvent> = {
  name: 'events',
  alias: 'event',
  description: 'what happened',
  list: (client, options) => client.events(options),
  key: (event) => JSON.stringify(event),
  header: ['TIME', 'TYPE', 'NAME', 'REASON', 'MESSAGE'],
  row: ({ time, type, name, reason, message }) => [
    time,
    type,
    name,
    reason,
    oneLine(message, MAX_NOTE_WIDTH),
  ],
  empty: 'Nothing happened yet.',
};

function toolsetNote({ conditions, description = '' }: ApiToolset): string {
  return conditions.find(({ status }) => status !== 'True')?.message ?? description;
}
