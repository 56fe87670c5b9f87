// Official SDK clients with a key, one of each generation and era, behind one small face.

import {
  Client as SecondClient,
  type ClientOptions,
  StreamableHTTPClientTransport as SecondTransport,
} from '@modelcontextprotocol/client';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { z } from 'zod';

export interface KeyClient extends AsyncDisposable {
  tools(): Promise<readonly string[]>;
  /** The text of the result; a result that is an error is one, too. */
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallAnswer>;
  /** Lists of tools that it was told to have changed. */
  readonly changes: () => number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { readonly progress: number }) => void;
}

export interface CallAnswer {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** What the person at the client answers to a form. */
export type Elicit = (form: { readonly message: string; readonly requestedSchema?: unknown }) => Promise<{
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Record<string, string | boolean>;
}>;

const FORMS = { elicitation: { form: {} } };

export const GENERATIONS = ['SDK v1', 'SDK v2 legacy', 'SDK v2 modern'] as const;
export type Generation = (typeof GENERATIONS)[number];

const ResultSchema = z.object({
  content: z.array(z.object({ text: z.string() })),
  isError: z.boolean().optional(),
  structuredContent: z.unknown().optional(),
  _meta: z.record(z.string(), z.unknown()).optional(),
});

function answerOf(result: unknown): CallAnswer {
  const { content, isError = false, structuredContent, _meta: meta = {} } = ResultSchema.parse(result);
  return { text: content.map(({ text }) => text).join(''), isError, structured: structuredContent, meta };
}

export function connectWithKey(
  generation: Generation,
  url: string,
  key: string | undefined,
  elicit?: Elicit,
): Promise<KeyClient> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return generation === 'SDK v1'
    ? connectFirst(url, headers, elicit)
    : connectSecond(url, headers, generation === 'SDK v2 modern' ? { pin: '2026-07-28' } : 'legacy', elicit);
}

async function connectFirst(
  url: string,
  headers: Record<string, string>,
  elicit: Elicit | undefined,
): Promise<KeyClient> {
  const client = new FirstClient(
    { name: 'sdk-v1', version: '1.0.0' },
    elicit === undefined ? {} : { capabilities: FORMS },
  );
  if (elicit !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => ({ ...(await elicit(params)) }));
  let changes = 0;
  client.fallbackNotificationHandler = async ({ method }) => {
    if (method === 'notifications/tools/list_changed') changes += 1;
  };
  await client.connect(new FirstTransport(new URL(url), { requestInit: { headers } }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, options = {}) =>
      answerOf(await client.callTool({ name, arguments: args }, undefined, options)),
    changes: () => changes,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function connectSecond(
  url: string,
  headers: Record<string, string>,
  mode: NonNullable<NonNullable<ClientOptions['versionNegotiation']>['mode']>,
  elicit: Elicit | undefined,
): Promise<KeyClient> {
  const client = new SecondClient(
    { name: 'sdk-v2', version: '1.0.0' },
    { versionNegotiation: { mode }, ...(elicit === undefined ? {} : { capabilities: FORMS }) },
  );
  if (elicit !== undefined)
    client.setRequestHandler('elicitation/create', async ({ params }) => ({ ...(await elicit(params)) }));
  await client.connect(new SecondTransport(new URL(url), { requestInit: { headers } }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, options = {}) =>
      answerOf(await client.callTool({ name, arguments: args }, options)),
    changes: () => 0,
    [Symbol.asyncDispose]: () => client.close(),
  };
}
