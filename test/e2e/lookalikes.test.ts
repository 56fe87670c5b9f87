// Names that a server in Go takes for `name`, and Tutti does not: what policies, pins and filters look at must be what the
// server does.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type LegacyClient, modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const SERVER = fileURLToPath(new URL('../programs/bytes/server.mjs', import.meta.url));

let gateway: Gateway;
let direct: LegacyClient;
let federated: LegacyClient;

beforeAll(async () => {
  gateway = await startGateway({
    servers: { bytes: { command: process.execPath, args: [SERVER] } },
  });
  direct = await openLegacy(gateway.serverUrl('bytes'));
  federated = await openLegacy(gateway.mcpUrl);
});
afterAll(async () => {
  await gateway.close();
});

const INVALID = expect.objectContaining({ code: -32602 });

/** What came instead of a result. */
function errorIn(body: Buffer): unknown {
  const answer: unknown = JSON.parse(body.toString());
  return typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : answer;
}

describe('a member that could be taken for another one', () => {
  test.each(['"Name"', '"\\u004eAME"', '"ARGUMENTS"', '"argument\u017f"', '"Task"', '"_Meta"'])(
    '%s in the params of a call',
    async (key) => {
      verifies('SEC-03');
      const params = (name: string): string => `{"name":"${name}","arguments":{},${key}:"give"}`;
      for (const [client, name] of [
        [direct, 'take'],
        [federated, 'bytes_take'],
      ] as const) {
        const { error } = await client.request('tools/call', params(name));
        expect(JSON.parse(error ?? 'null')).toEqual(INVALID);
        expect(error).toContain('leave it out');
      }
      const { error } = await modernRequest(gateway.mcpUrl, 'tools/call', params('bytes_take'));
      expect(JSON.parse(error ?? 'null')).toEqual(INVALID);
    },
  );

  test('a member of the message itself', async () => {
    for (const more of ['"Params":{"name":"give"}', '"METHOD":"x"', '"Id":7']) {
      const body = `{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":"take","arguments":{}},${more}}`;
      expect(errorIn((await direct.post(body)).body)).toEqual(INVALID);
    }
  });

  test('goes through where nothing is made of it', async () => {
    const { result } = await direct.request('tools/call', '{"name":"take","arguments":{"Name":"give"}}');
    expect(result).toContain('content');
    expect((await direct.request('vendor/do', '{"Name":"x","URI":"y"}')).result).toBe('{}');
  });

  test('in an answer of a server is no answer', async () => {
    const given = Buffer.from('{"content":[]},"ID":12').toString('base64');
    const open = await startGateway({ servers: { bytes: { command: process.execPath, args: [SERVER] } } });
    try {
      const client = await openLegacy(open.serverUrl('bytes'));
      const { error } = await client.request('tools/call', `{"name":"give","arguments":{"text":"${given}"}}`);
      expect(error).toContain('taken for');
    } finally {
      await open.close();
    }
  });
});
