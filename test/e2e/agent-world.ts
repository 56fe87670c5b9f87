// Clients of both eras that act as agents, with keys, at one gateway.

import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import {
  type CallOptions,
  connectWithKey,
  type Elicit,
  type Generation,
  type KeyClient,
} from './key-clients.ts';

export const NEW: Generation = 'SDK v2 modern';
export const OLD: Generation = 'SDK v1';
export const ADA = 'ada-has-a-long-secret-too';
export const BOB = 'bob-has-a-long-secret-too';
export const DEV = 'dev-has-a-long-secret-too';
export const GIVES_UP_MS = 120_000;

export const declared = (coordination: object): string =>
  JSON.stringify({
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'gateway' },
    spec: {
      auth: {
        keys: [
          { name: 'ada', secret: '${ADA}', roles: ['agent'] },
          { name: 'bob', secret: '${BOB}', roles: ['agent'] },
          { name: 'dev', secret: '${DEV}', roles: ['developer'] },
        ],
      },
      coordination,
    },
  });

/** One for all tests of a file. */
export function agentGateway(): { readonly gateway: Gateway } {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({
      servers: { fix: fixtureCommand('both') },
      files: { 'gateway.json': declared({}) },
      env: { ADA, BOB, DEV },
    });
  }, 120_000);
  afterAll(() => gateway.close(), 60_000);
  return {
    get gateway() {
      return gateway;
    },
  };
}

const TaskSchema = z.looseObject({ id: z.string(), status: z.string() });
const AnswerSchema = z.looseObject({
  task: TaskSchema.optional(),
  claim: z.number().optional(),
  notice: z
    .looseObject({
      offered: z.array(z.object({ task_id: z.string(), claim: z.number() })),
      lost: z.array(z.object({ task_id: z.string(), claim: z.number(), reason: z.string() })),
    })
    .optional(),
});
export type Answer = z.infer<typeof AnswerSchema>;

/** An agent behind a client: what goes wrong throws. */
export interface AgentClient extends AsyncDisposable {
  use(tool: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Answer>;
  text(tool: string, args?: Record<string, unknown>): Promise<string>;
  readonly tools: KeyClient['tools'];
}

export async function openAgent(
  generation: Generation,
  url: string,
  key: string | undefined,
  elicit?: Elicit,
): Promise<AgentClient> {
  const client = await connectWithKey(generation, url, key, elicit);
  return {
    async use(tool, args, options) {
      const { text, isError, structured } = await client.call(tool, args, options);
      if (isError) throw new Error(text);
      return AnswerSchema.parse(structured);
    },
    text: async (tool, args) => (await client.call(tool, args)).text,
    tools: () => client.tools(),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

export const claimOf = (agent_id: string, { task, claim }: Answer) => ({
  agent_id,
  task_id: task?.id,
  claim,
});

export const headersOf = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
