// The official SDK of the second generation, in each way that it agrees on an era.

import { Client, StreamableHTTPClientTransport, type ClientOptions } from '@modelcontextprotocol/client';
import { describeConversation, type Connect } from './sdk-conversation.ts';

type Mode = NonNullable<NonNullable<ClientOptions['versionNegotiation']>['mode']>;

const MODES: readonly (readonly [string, Mode])[] = [
  ['legacy', 'legacy'],
  ['auto', 'auto'],
  ['pin', { pin: '2026-07-28' }],
];

const connectAs =
  (mode: Mode): Connect =>
  async (url, answer) => {
    const client = new Client(
      { name: 'sdk-v2', version: '1.0.0' },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    );
    client.setRequestHandler('elicitation/create', ({ params }) => ({
      action: 'accept',
      content: answer(params.message),
    }));
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return {
      listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
      callTool: (name, args, options) => client.callTool({ name, arguments: args }, options),
      close: () => client.close(),
    };
  };

for (const [name, mode] of MODES) describeConversation(`SDK v2 (${name})`, connectAs(mode));
