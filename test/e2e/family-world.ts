// A gateway in front of scripted servers that are members of families, whose declarations a test writes and removes.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiEventListSchema, ApiProblemListSchema } from '@tutti/schemas';
import { openCaller, type Caller, type ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server.ts';

export const FAMILY = { name: 'kubernetes', instanceArg: 'cluster' };

export interface MemberOptions {
  readonly era?: ClientEra;
  readonly tools?: string;
  readonly script?: Script;
  /** More fields of the spec; `family: undefined` for a server that is in none. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface FamilyWorld extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Starts a server and declares it; resolves when its tools are in the catalog. */
  join(name: string, options?: MemberOptions): Promise<ScriptedServer>;
  /** Declares the server otherwise. */
  declare(name: string, spec?: Readonly<Record<string, unknown>>): Promise<void>;
  leave(name: string): Promise<void>;
  /** Ends the gateway and starts it with the same declarations and state, elsewhere. */
  restart(): Promise<void>;
  /** By their names at `url`: the tools as they are listed, texts. */
  tools(url?: string): Promise<ReadonlyMap<string, string>>;
  /** Resolves when exactly these tools are listed. */
  shows(...names: readonly string[]): Promise<void>;
  open(era: ClientEra, url?: string): Promise<Caller>;
  problems(): Promise<readonly string[]>;
  events(): Promise<readonly string[]>;
}

export const document = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind, metadata: { name }, spec });

export async function openFamilyWorld(settings: object = { toolPrefix: 'x_' }): Promise<FamilyWorld> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tutti-families-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const start = (): Promise<Gateway> =>
    startGateway({ folder, files: { 'gateway.json': document('Gateway', 'gateway', settings) } });
  let gateway = await start();
  stack.defer(() => gateway.close());
  const specs = new Map<string, object>();
  const fileOf = (name: string): string => join(gateway.configPath, `${name}.json`);
  const get = async (path: string): Promise<unknown> => (await fetch(`${gateway.url}/api/v1/${path}`)).json();

  async function tools(url = gateway.mcpUrl): Promise<ReadonlyMap<string, string>> {
    await using caller = await openCaller('modern', url);
    const { result = '{}' } = await caller.request('tools/list');
    const list = memberText(result, 'tools') ?? '[]';
    const found = new Map<string, string>();
    for (let index = 0; ; index += 1) {
      const tool = memberText(list, index);
      if (tool === undefined) return found;
      found.set(String(JSON.parse(memberText(tool, 'name') ?? '""')), tool);
    }
  }
  const declare: FamilyWorld['declare'] = async (name, spec = {}) => {
    const whole = { ...specs.get(name), ...spec };
    await writeFile(fileOf(name), document('MCPServer', name, whole));
  };
  return {
    get gateway() {
      return gateway;
    },
    async restart() {
      await gateway.close();
      gateway = await start();
    },
    declare,
    tools,
    async join(name, { era = 'legacy', tools: text = LIST_PODS, script = echo(name), spec = {} } = {}) {
      const server = stack.use(await startScriptedServer(era, text, script));
      specs.set(name, { url: server.url, type: 'streamable-http', family: FAMILY, ...spec });
      await declare(name);
      const isKnown = async (): Promise<boolean> =>
        (await gateway.servers()).some((one) => one.name === name && one.toolCount !== undefined);
      await eventually(isKnown, { timeoutMs: 60_000, what: `the tools of ${name}` });
      return server;
    },
    leave: (name) => rm(fileOf(name)),
    async shows(...names) {
      const isThere = async (): Promise<boolean> =>
        JSON.stringify([...(await tools()).keys()]) === JSON.stringify(names);
      await eventually(isThere, { what: `the tools ${names.join(', ')}` });
    },
    open: (era, url = gateway.mcpUrl) => openCaller(era, url),
    async problems() {
      return ApiProblemListSchema.parse(await get('problems')).items.map(({ message }) => message);
    },
    async events() {
      const { items } = ApiEventListSchema.parse(await get('events'));
      return items.map(({ type, name, reason, message }) => `${type} ${name} ${reason}: ${message}`);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const LIST_PODS = JSON.stringify([tool('list_pods', { namespace: { type: 'string' } })]);

export function tool(name: string, properties: object = {}, description = `Does ${name}`): object {
  return { name, description, inputSchema: { type: 'object', properties } };
}

/** Answers a call with the name of the server and the text of what came. */
export function echo(name: string): Script {
  return ({ params }) =>
    `{"resultType":"complete","content":[{"type":"text","text":"${name}"}],"structuredContent":${params}}`;
}

/** The values of the argument that names the member. */
export function members(toolText: string | undefined, argument = FAMILY.instanceArg): unknown {
  return JSON.parse(memberText(toolText ?? '{}', 'inputSchema', 'properties', argument, 'enum') ?? 'null');
}
