import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createHttpClient, type HttpClient } from '../../src/executors.ts';
import { runTask } from './run-task.ts';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let port: number;
let received: Received[];
let answer: (request: Received, response: ServerResponse) => void;
let client: HttpClient;

/** `inside.test` is on loopback, `metadata.test` where clouds hand out credentials; both are names like any other. */
const lookup: LookupFunction = (hostname, _options, callback) => {
  const address = hostname === 'metadata.test' ? '169.254.169.254' : '127.0.0.1';
  callback(null, [{ address, family: 4 }]);
};

beforeEach(async () => {
  received = [];
  answer = (_request, response) => response.end('ok');
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, path: url, headers, body };
      received.push(seen);
      answer(seen, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  client = createHttpClient({
    allowedHosts: ['inside.test', '*.allowed.test'],
    lookup,
    limits: { maxResponseBytes: 1_000, maxRequestBytes: 1_000, maxRedirects: 2, maxTimeMs: 10_000 },
  });
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const at = (path: string, host = 'inside.test'): string => `http://${host}:${port}${path}`;

describe('http client', () => {
  test('calls with all methods, and answers with what came back', async () => {
    verifies('AGT-10');
    answer = ({ method }, response) => {
      response.writeHead(method === 'DELETE' ? 204 : 201, {
        'content-type': 'application/json',
        'x-one': 'a',
      });
      response.end(method === 'DELETE' ? undefined : '{"done": true}');
    };
    const posted = await runTask(client, 'http-post', {
      url: at('/things'),
      headers: { 'x-mine': '1' },
      body: { a: [1] },
    });
    expect(posted).toMatchObject({
      success: true,
      data: {
        method: 'POST',
        url: at('/things'),
        statusCode: 201,
        status: '201 Created',
        headers: { 'x-one': 'a' },
        body: { done: true },
        bodySize: 14,
      },
    });
    await runTask(client, 'http-put', { url: at('/things/1'), body: 'plain' });
    await runTask(client, 'http-get', { url: at('/things/1?q=ä') });
    expect((await runTask(client, 'http-delete', { url: at('/things/1') })).data).toMatchObject({
      statusCode: 204,
      bodySize: 0,
    });
    await runTask(client, 'rest-api-call', { url: at('/things/1'), method: 'PATCH', body: [1] });
    expect(received.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'POST /things {"a":[1]}',
      'PUT /things/1 plain',
      'GET /things/1?q=%C3%A4 ',
      'DELETE /things/1 ',
      'PATCH /things/1 [1]',
    ]);
    expect(received[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-mine': '1' });
    expect((await runTask(client, 'http-get', { url: at('/'), method: 'POST' })).error).toMatch(
      /^invalid_payload: .*rest-api-call/,
    );
  });

  test('a status of an error is an answer; bytes that are no text come in base64', async () => {
    answer = (_request, response) => {
      response.statusCode = 404;
      response.end(Buffer.from([0xff, 0xfe, 0]));
    };
    expect(await runTask(client, 'http-get', { url: at('/') })).toMatchObject({
      success: true,
      data: { statusCode: 404, status: '404 Not Found', body: '//4A', bodyEncoding: 'base64', bodySize: 3 },
    });
  });

  test('a webhook has to be delivered; what may pass is tried again', async () => {
    const call = async (statusCode: number) => {
      answer = (_request, response) => {
        response.statusCode = statusCode;
        response.end();
      };
      return await runTask(client, 'webhook-call', { url: at('/hook'), body: { event: 'x' } });
    };
    expect(await call(202)).toMatchObject({ success: true });
    expect(await call(503)).toMatchObject({ success: false, retryable: true });
    expect(await call(429)).toMatchObject({ success: false, retryable: true });
    expect(await call(400)).toMatchObject({ success: false, retryable: false });
  });

  test('checks health, also of what is not there', async () => {
    const healthy = await runTask(client, 'api-health-check', { url: at('/health') });
    expect(healthy).toMatchObject({
      success: true,
      data: { healthy: true, statusCode: 200, responseTime: expect.any(Number) },
    });
    answer = (_request, response) => {
      response.statusCode = 503;
      response.end();
    };
    expect((await runTask(client, 'api-health-check', { url: at('/health') })).data).toMatchObject({
      healthy: false,
      statusCode: 503,
    });
    expect(
      (await runTask(client, 'api-health-check', { url: at('/health'), expectedStatus: 503 })).data,
    ).toMatchObject({ healthy: true });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await runTask(client, 'api-health-check', { url: at('/health') })).toMatchObject({
      success: true,
      data: { healthy: false, error: expect.stringContaining("can't be reached") },
    });
    expect(await runTask(client, 'http-get', { url: at('/') })).toMatchObject({
      success: false,
      retryable: true,
      error: expect.stringMatching(/^unavailable: /),
    });
  });

  test('addresses inside are refused, whatever leads there', async () => {
    const strict = createHttpClient({ lookup });
    const refused = [
      at('/', '127.0.0.1'),
      at('/', '[::1]'),
      at('/', '2130706433'),
      at('/', 'inside.test'),
      'http://10.0.0.1/',
      'http://169.254.169.254/latest/meta-data',
    ];
    for (const url of refused) {
      const result = await runTask(strict, 'http-get', { url });
      expect(result, url).toMatchObject({
        success: false,
        retryable: false,
        error: expect.stringMatching(/^refused_address: /),
      });
    }
    await strict[Symbol.asyncDispose]();
    // What is allowed by its name may be private, and never where credentials are.
    const pointed = createHttpClient({ allowedHosts: ['metadata.test', '169.254.169.254'], lookup });
    for (const host of ['metadata.test', '169.254.169.254'])
      expect((await runTask(pointed, 'http-get', { url: at('/', host) })).error).toMatch(
        /^refused_address: /,
      );
    await pointed[Symbol.asyncDispose]();
    expect(received).toEqual([]);
    expect((await runTask(client, 'http-get', { url: at('/', 'a.allowed.test') })).success).toBe(true);
    for (const url of ['file:///etc/passwd', 'http://user:secret@inside.test/', 'nonsense'])
      expect((await runTask(client, 'http-get', { url })).success, url).toBe(false);
  });

  test('each redirect is checked like the first, and takes no credentials elsewhere', async () => {
    const targets: Readonly<Record<string, string>> = {
      '/bad-address': at('/', '127.0.0.1'),
      '/bad-name': at('/', 'other.test'),
      '/metadata': 'http://169.254.169.254/',
      '/scheme': 'file:///etc/passwd',
      '/elsewhere': at('/there', 'b.allowed.test'),
      '/loop': '/loop',
    };
    answer = ({ path }, response) => {
      const location = targets[path];
      if (location !== undefined) response.writeHead(path === '/elsewhere' ? 302 : 307, { location });
      response.end('end');
    };
    for (const path of ['/bad-address', '/bad-name', '/metadata', '/scheme'])
      expect((await runTask(client, 'http-get', { url: at(path) })).error, path).toMatch(
        /^refused_address: /,
      );
    expect((await runTask(client, 'http-get', { url: at('/loop') })).error).toMatch(
      /^failed: .*maxRedirects/,
    );
    received = [];
    const headers = { authorization: 'Bearer secret', 'x-mine': '1' };
    const result = await runTask(client, 'http-post', { url: at('/elsewhere'), headers, body: 'text' });
    expect(result.data).toMatchObject({ method: 'GET', url: at('/there', 'b.allowed.test'), body: 'end' });
    expect(received[1]).toMatchObject({
      method: 'GET',
      path: '/there',
      body: '',
      headers: { 'x-mine': '1' },
    });
    expect(received[1]?.headers).not.toHaveProperty('authorization');
    expect(received[1]?.headers).not.toHaveProperty('content-type');
  });

  test('bodies and time are limited, and a lost task ends the request', async () => {
    answer = (_request, response) => response.end('x'.repeat(1_001));
    expect((await runTask(client, 'http-get', { url: at('/') })).error).toMatch(
      /^limit_bytes: .*maxResponseBytes/,
    );
    expect((await runTask(client, 'http-post', { url: at('/'), body: 'x'.repeat(1_001) })).error).toMatch(
      /^limit_bytes: .*maxRequestBytes/,
    );
    answer = (_request, response) => response.write('never ends');
    const impatient = createHttpClient({ allowedHosts: ['inside.test'], lookup, limits: { maxTimeMs: 50 } });
    expect(await runTask(impatient, 'http-get', { url: at('/') })).toMatchObject({
      success: false,
      retryable: true,
      error: expect.stringMatching(/^limit_time: .*maxTime/),
    });
    await impatient[Symbol.asyncDispose]();
    const lost = new AbortController();
    answer = () => lost.abort(new Error('The task is lost.'));
    await expect(runTask(client, 'http-get', { url: at('/') }, { signal: lost.signal })).rejects.toThrow(
      'The task is lost.',
    );
  });
});
