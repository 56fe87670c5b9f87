// Tutti's own tools behind the face that the gateway has of them.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { createNativeServer } from '../../../src/app/native/native-server.ts';
import { nativeTool, type NativeTool } from '../../../src/app/native/native-tool.ts';
import { createNativeLink } from '../../../src/gateway/upstream/native-link.ts';
import type { Message } from '@tutti/wire';
import { AppError } from '../../../src/kernel/errors.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { CALLER } from '../../gateway/entry.ts';

function tool(
  name: string,
  roles: readonly string[] | undefined,
  call: () => Promise<{ n: number }>,
): NativeTool {
  return nativeTool({
    name,
    title: name,
    description: 'A tool.',
    roles,
    effect: 'reads',
    input: z.strictObject({ n: z.int().optional().describe('A number.') }),
    output: z.object({ n: z.number() }),
    call,
  });
}

const faults: unknown[] = [];
let waiting: AbortSignal | undefined;
const server = createNativeServer({
  version: '1',
  instructions: undefined,
  load: () =>
    Promise.resolve([
      tool('open', undefined, () => Promise.resolve({ n: 1 })),
      tool('closed', ['admin'], () => Promise.resolve({ n: 2 })),
      tool('refuses', undefined, () => Promise.reject(new AppError('conflict', 'do this first'))),
      tool('breaks', undefined, () => Promise.reject(new Error('secret inside'))),
      {
        name: 'waits',
        roles: undefined,
        definition: { name: 'waits' },
        run: (_args, { signal }) => {
          waiting = signal;
          return new Promise(() => undefined);
        },
      },
    ]),
  internalError: (error) => faults.push(error),
});

const call = (name: string, args = '{}', roles: readonly string[] = []): Promise<string> =>
  server.call({
    tool: name,
    args,
    caller: { principal: 'p', sessionKey: undefined, roles },
    signal: new AbortController().signal,
    progress() {},
    canElicit: () => false,
    again: undefined,
  });

test('a tool is called by those with its role, and for others it is not there', async () => {
  verifies('GW-20');
  expect(await call('open')).toContain('"structuredContent":{"n":1}');
  expect(await call('closed', '{}', ['admin'])).toContain('"n":2');
  await expect(call('closed', '{}', ['dev'])).rejects.toThrow('Unknown tool: closed');
  await expect(call('nothing')).rejects.toThrow('Unknown tool: nothing');
});

test('what goes wrong is for the model to read, but for what is our fault', async () => {
  verifies('GW-20');
  expect(await call('refuses')).toBe(
    '"resultType":"complete","content":[{"type":"text","text":"do this first"}],"isError":true',
  );
  expect(await call('open', '{"n":"x","m":1}')).toMatch(/n: .*isError/);
  expect(await call('open', '[1]')).toContain('"isError":true');
  const broken = await call('breaks');
  expect(broken).toContain('in the log');
  expect(broken).not.toContain('secret');
  expect(String(faults)).toContain('secret inside');
});

test('definitions say what the tool takes, gives and does', async () => {
  verifies('GW-21');
  const listed: unknown = JSON.parse(await server.tools());
  expect(listed).toContainEqual({
    name: 'open',
    title: 'open',
    description: 'A tool.',
    inputSchema: {
      type: 'object',
      properties: { n: expect.objectContaining({ type: 'integer', description: 'A number.' }) },
      additionalProperties: false,
    },
    outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  });
});

test('a conversation answers in a later turn, knows its methods, and ends what it has begun', async () => {
  verifies('GW-20');
  const heard: string[] = [];
  const ends: string[] = [];
  const link = createNativeLink(server, {
    message: ({ bytes }: Message) => void heard.push(String(bytes)),
    failed: (id, { kind }) => void heard.push(`${id} ${kind}`),
    callerOf: () => CALLER,
    stray() {},
    closed: ({ kind }) => void ends.push(kind),
  });
  const send = (id: number, method: string, params = '{}'): void =>
    link.request({
      id,
      method,
      bytes: Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`),
      name: undefined,
      paramHeaders: undefined,
    });
  send(1, 'server/discover');
  send(2, 'resources/list');
  send(3, 'tools/call', '{"name":"open"}');
  send(4, 'tools/call', '{"name":"waits"}');
  expect(heard).toEqual([]);
  await eventually(() => heard.length === 3 && waiting !== undefined);
  expect(heard.find((text) => text.includes('"id":1'))).toContain('"supportedVersions":["2026-07-28"]');
  expect(heard.find((text) => text.includes('"id":2'))).toContain('-32601');
  expect(heard.find((text) => text.includes('"id":3'))).toContain('{"resultType":"complete","content"');
  link.abort(4);
  expect(waiting?.aborted).toBe(true);
  await link.close();
  await link.close();
  send(5, 'ping');
  expect([ends, heard.at(-1)]).toEqual([['closed'], '5 network']);
});
