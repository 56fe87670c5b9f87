// How many responses may be open, and that streams which stay open leave room for calls.

import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { modernRequest } from '../../../../../test/support/raw-client.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { type Body, CollectedRequest, readBody } from '../../../src/gateway/edge/body.ts';
import { startInProcess } from '../in-process.ts';

describe('standing streams', () => {
  test('may take three quarters, so that there is room for calls', async () => {
    verifies('GW-07');
    const limits: string[] = [];
    await using gateway = await startInProcess({
      limits: { maxStreams: 4 },
      events: { limitReached: (limit) => limits.push(limit) },
    });
    const aborts = [new AbortController(), new AbortController(), new AbortController()];
    const sse = (abort?: AbortController): Promise<Response> =>
      fetch(`${gateway.url}/sse`, { signal: abort?.signal ?? null });
    const listen = (abort: AbortController | undefined, onMessage?: (message: Buffer) => void) =>
      modernRequest(
        `${gateway.url}/mcp`,
        'subscriptions/listen',
        '{"notifications":{"toolsListChanged":true}}',
        {
          signal: abort?.signal,
          onMessage,
        },
      );
    expect((await sse(aborts[0])).status).toBe(200);
    expect((await sse(aborts[1])).status).toBe(200);
    const acknowledged = Promise.withResolvers<Buffer>();
    const listening = listen(aborts[2], acknowledged.resolve);
    await acknowledged.promise;

    const refused = await sse();
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('There are 3 standing streams');
    expect((await listen(undefined)).error).toContain('There are 3 standing streams');
    expect(limits).toEqual(['max_streams', 'max_streams']);
    expect((await modernRequest(`${gateway.url}/mcp`, 'tools/list')).result).toContain('one_t');

    aborts[2]?.abort();
    await listening;
    await eventually(async () => {
      const opened = await sse(aborts[2]?.signal.aborted === true ? new AbortController() : undefined);
      return opened.status === 200;
    });
    expect((await sse()).status).toBe(503);
    for (const abort of aborts) abort.abort();
  });
});

describe.each([
  ['our own requests', CollectedRequest],
  ['ordinary requests', IncomingMessage],
])('the body of %s', (_, Request) => {
  async function open() {
    let uploads = 0;
    const bodies: Body[] = [];
    const count = { uploadBegan: () => void uploads++, uploadEnded: () => void uploads-- };
    const server = createServer({ IncomingMessage: Request }, (request, response) => {
      readBody(
        request,
        100,
        (body) => {
          bodies.push(body);
          response.end();
        },
        count,
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345');
    await eventually(() => uploads === 1, { what: 'the upload to be counted' });
    return {
      socket,
      bodies,
      uploads: () => uploads,
      async [Symbol.asyncDispose]() {
        socket.destroy();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  test('counts until it is complete', async () => {
    verifies('GW-07');
    await using upload = await open();
    upload.socket.write('67890');
    await eventually(() => upload.bodies.length === 1);
    expect(upload.uploads()).toBe(0);
    upload.socket.destroy();
    await eventually(() => upload.socket.closed);
    expect(upload.uploads()).toBe(0);
  });

  test('counts until the client is gone', async () => {
    verifies('GW-07');
    await using upload = await open();
    upload.socket.destroy();
    await eventually(() => upload.uploads() === 0, { what: 'the end of the upload' });
    expect(upload.bodies).toEqual([]);
  });
});
