// What goes in comes out, byte for byte: JSON text that no program of good taste would print, through a real gateway.

import * as fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runs } from '../../packages/wire/test/fuzz.ts';
import { valueText } from '../../packages/wire/test/json-text.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { type LegacyClient, modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const SERVER = fileURLToPath(new URL('../programs/bytes/server.mjs', import.meta.url));

/** A line of a pipe can't hold line breaks, which in JSON stand between tokens only. */
const lineText = valueText.map((text) => text.replaceAll(/[\r\n]/g, ' '));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

let gateway: Gateway;
let direct: LegacyClient;
let federated: LegacyClient;

beforeAll(async () => {
  gateway = await startGateway({ servers: { bytes: { command: process.execPath, args: [SERVER] } } });
  direct = await openLegacy(gateway.serverUrl('bytes'));
  federated = await openLegacy(gateway.mcpUrl);
});
afterAll(async () => {
  await gateway.close();
});

function call(client: LegacyClient, name: string, text: string): ReturnType<LegacyClient['request']> {
  return client.request('tools/call', `{"name":"${name}","arguments":{"text":"${base64(text)}"}}`);
}

describe('bytes in, bytes out', () => {
  test('results: content, structuredContent, _meta and vendor members', async () => {
    verifies('GW-04');
    await fc.assert(
      fc.asyncProperty(lineText, lineText, lineText, async (a, b, c) => {
        const result = `{"x-vendor":${a},"content":[{"type":"x/y","v":${b}}],"structuredContent":${c},"_meta":{"k":${a}}}`;
        expect((await call(direct, 'give', result)).result).toBe(result);
        expect((await call(federated, 'bytes_give', result)).result).toBe(result);
        const modern = await modernRequest(
          gateway.mcpUrl,
          'tools/call',
          `{"name":"bytes_give","arguments":{"text":"${base64(result)}"}}`,
        );
        for (const name of ['x-vendor', 'content', 'structuredContent', '_meta']) {
          expect(memberText(modern.result ?? '', name)).toBe(memberText(result, name));
        }
      }),
      runs(60),
    );
  });

  test('requests: arguments, _meta and vendor members', async () => {
    verifies('GW-04');
    await fc.assert(
      fc.asyncProperty(lineText, lineText, async (a, b) => {
        const params = `{"x-vendor":${b},"name":"bytes_take","arguments":{"v":${a}},"_meta":{"k":${b},"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}`;
        const sent = sentTo((await federated.request('tools/call', params)).result);
        expect(memberText(sent, 'params')).toBe(params.replace('"bytes_take"', '"take"'));
        const rest = `{"name":"bytes_take","arguments":{"v":${a}},"x-vendor":${b}}`;
        const modern = sentTo(
          (await modernRequest(gateway.mcpUrl, 'tools/call', rest, { meta: `"k":${b}` })).result,
        );
        expect(memberText(modern, 'params', 'arguments', 'v')).toBe(a);
        expect(memberText(modern, 'params', 'x-vendor')).toBe(b);
        expect(memberText(modern, 'params', '_meta')).toBe(`{"k":${b}}`);
      }),
      runs(60),
    );
  });

  test('params that are no object are refused: there is no place in them for what the eras need', async () => {
    verifies('GW-03', 'GW-07');
    expect((await direct.request('vendor/method', '{"x":1}')).result).toBeDefined();
    const { error } = await direct.request('vendor/method', '[1]');
    expect(JSON.parse(error ?? '')).toMatchObject({ code: -32602, message: 'params must be an object.' });
  });

  test('tools: schemas, annotations and vendor members as declared, the name apart', async () => {
    verifies('GW-04', 'CAT-03');
    let last = 0;
    await fc.assert(
      fc.asyncProperty(lineText, lineText, async (a, b) => {
        const name = `t${++last}`;
        const tool = (shown: string): string =>
          `{"annotations":{"v":${b}},"name":"${shown}","inputSchema":{"type":"object","x":${a}},"_meta":{"k":${b}},"x-vendor":${a}}`;
        await call(direct, 'offer', tool(name));
        const listed = await eventually(
          async () => {
            const { result = '' } = await direct.request('tools/list');
            return result.includes(`"${name}"`) ? result : undefined;
          },
          { what: `${name} in the list` },
        );
        expect(memberText(listed, 'tools', 4)).toBe(tool(name));
        expect(memberText((await federated.request('tools/list')).result ?? '', 'tools', 4)).toBe(
          tool(`bytes_${name}`),
        );
      }),
      runs(25),
    );
  });

  test('notifications of a call', async () => {
    verifies('GW-04', 'GW-05');
    await fc.assert(
      fc.asyncProperty(lineText, async (a) => {
        const params = `{"level":"error","data":${a},"x-vendor":${a}}`;
        const seen: string[] = [];
        await direct.request('tools/call', `{"name":"annotate","arguments":{"text":"${base64(params)}"}}`, {
          onMessage: (message) => seen.push(message.toString()),
        });
        expect(seen.map((text) => memberText(text, 'params')).filter((text) => text !== undefined)).toEqual([
          params,
        ]);
      }),
      runs(40),
    );
  });
});

/** The request as the server got it, which it sends back in base64. */
function sentTo(result: string | undefined): string {
  const text = memberText(result ?? '', 'content', 0, 'text') ?? '""';
  return Buffer.from(String(JSON.parse(text)), 'base64').toString();
}
