// What an official SDK client must be able to do through Tutti, whatever its version and era and the server's: list,
// call, answer an elicitation, see progress, cancel. Through the federated endpoint and through a server's own route.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';

export interface SdkCallOptions {
  readonly onprogress?: (progress: { readonly progress: number }) => void;
  readonly signal?: AbortSignal;
}

/** The few methods that the conversation needs; both SDKs have them under the same names. */
export interface SdkClient {
  listTools(): Promise<readonly string[]>;
  callTool(name: string, args: Record<string, unknown>, options?: SdkCallOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** Answers the client's user gives to an elicitation with this message. */
export type Answer = (message: string) => Record<string, string>;

export type Connect = (url: string, answer: Answer) => Promise<SdkClient>;

const ResultSchema = z.object({
  content: z.array(z.object({ text: z.string() })),
  structuredContent: z.unknown().optional(),
});
const AskedSchema = z.object({
  asked: z.object({ action: z.string(), content: z.record(z.string(), z.string()) }),
});
const CountsSchema = z.object({ cancelled: z.number(), running: z.number() });

const SLOW_MS = 350;
const FOREVER_MS = 600_000;

/** Servers of both eras, one over each transport. */
const SERVERS = ['old', 'new'] as const;

const ROUTES = [
  { route: '/mcp', path: () => '/mcp', tool: (server: string, name: string) => `${server}_${name}` },
  {
    route: '/mcp/<server>',
    path: (server: string) => `/mcp/${server}`,
    tool: (_: string, name: string) => name,
  },
];

export function describeConversation(client: string, connect: Connect): void {
  let gateway: Gateway;
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    const modern = stack.use(await startHttpFixture('modern'));
    gateway = stack.use(
      await startGateway({
        servers: {
          old: fixtureCommand('legacy'),
          new: { type: 'http', url: modern.url },
          // On a pipe nothing can be attributed for a while after a call was cancelled.
          'old-cancel': fixtureCommand('legacy'),
          'new-cancel': { type: 'http', url: modern.url },
        },
      }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  const cases = SERVERS.flatMap((server) => ROUTES.map((route) => ({ server, ...route })));
  describe.each(cases)(`${client}, a server of the $server era, through $route`, ({ server, path, tool }) => {
    const open = (name: string, answer: Answer = () => ({})) => connect(gateway.url + path(name), answer);
    const call = async (sdk: SdkClient, name: string, args = {}, options?: SdkCallOptions) =>
      ResultSchema.parse(await sdk.callTool(name, args, options));

    test('lists and calls', async () => {
      verifies('GW-01', 'GW-02');
      const sdk = await open(server);
      expect(await sdk.listTools()).toContain(tool(server, 'greet'));
      const { content } = await call(sdk, tool(server, 'greet'), { name: 'Ada' });
      expect(content).toMatchObject([{ text: 'Hello, Ada!' }]);
      await sdk.close();
    });

    test('answers an elicitation', async () => {
      verifies('GW-03', 'GW-05');
      const sdk = await open(server, (message) => ({ value: `you said ${message}` }));
      const { structuredContent } = await call(sdk, tool(server, 'ask_elicitation'), { message: 'hello' });
      const { asked } = AskedSchema.parse(structuredContent);
      expect(asked).toEqual({ action: 'accept', content: { value: 'you said Anything? hello' } });
      await sdk.close();
    });

    test('sees progress', async () => {
      verifies('GW-05');
      const sdk = await open(server);
      const seen: number[] = [];
      const onprogress = ({ progress }: { readonly progress: number }): void => void seen.push(progress);
      await call(sdk, tool(server, 'slow'), { ms: SLOW_MS }, { onprogress });
      expect(seen).toEqual([0, 100, 200, 300]);
      await sdk.close();
    });

    test('cancels', async () => {
      verifies('GW-05');
      const other = `${server}-cancel`;
      const sdk = await open(other);
      const counts = async () =>
        CountsSchema.parse((await call(sdk, tool(other, 'cancelled_count'))).structuredContent);
      const before = await counts();
      const abort = new AbortController();
      const running = call(sdk, tool(other, 'slow'), { ms: FOREVER_MS }, { signal: abort.signal });
      const failed = expect(running).rejects.toThrow();
      await eventually(async () => (await counts()).running === 1, { what: 'the call to run' });
      abort.abort();
      await failed;
      await eventually(async () => (await counts()).running === 0, { what: 'the call to end' });
      expect((await counts()).cancelled).toBe(before.cancelled + 1);
      await sdk.close();
    });
  });
}
