import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiErrorBodySchema } from '@tutti/schemas';
import { MAX_WEBHOOK_BYTES } from '../../src/api/webhook.ts';
import { verifies } from '../../../../test/verifies.ts';
import { startFakeApi, TOKEN, type FakeApi } from './fake-api.ts';

const SECRET = 'the secret of the hook';
let api: FakeApi;

beforeAll(async () => {
  api = await startFakeApi();
  api.world.webhooks.set('team', SECRET);
  api.world.webhooks.set('without', undefined);
});
afterAll(() => api[Symbol.asyncDispose]());

async function post(name: string, headers: Record<string, string>, body: RequestInit['body'] = '{}') {
  api.world.synced.length = 0;
  const response = await fetch(`${api.url}/api/v1/sources/${name}/webhook`, {
    method: 'POST',
    headers,
    body: body ?? null,
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  });
  return { response, synced: [...api.world.synced] };
}

function github(body: string | Buffer, secret = SECRET): Record<string, string> {
  return { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}

test('the example of GitHub is accepted', async () => {
  verifies('SRC-03');
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  api.world.webhooks.set('example', "It's a Secret to Everybody");
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const { response, synced } = await post('example', { 'x-hub-signature-256': signature }, 'Hello, World!');
  expect(response.status).toBe(202);
  expect(synced).toEqual(['example']);
});

test('bytes count, not text: a body that is no UTF-8 is hashed as it is', async () => {
  verifies('SRC-03');
  const body = Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80]);
  expect((await post('team', github(body), body)).response.status).toBe(202);
});

test.each([
  ['no signature', 'team', {}, 401],
  ['the instance token', 'team', { authorization: `Bearer ${TOKEN}` }, 401],
  ['another secret', 'team', github('{}', 'other'), 401],
  ['the signature of another body', 'team', github('{ }'), 401],
  [
    'half a signature',
    'team',
    { 'x-hub-signature-256': github('{}')['x-hub-signature-256']?.slice(0, 20) ?? '' },
    401,
  ],
  ['SHA-1', 'team', { 'x-hub-signature': 'sha1=x' }, 401],
  ['another token of GitLab', 'team', { 'x-gitlab-token': `${SECRET}x` }, 401],
  ['an empty token of GitLab', 'team', { 'x-gitlab-token': '' }, 401],
  ['a Source without a secret', 'without', { 'x-gitlab-token': '' }, 401],
  ['no such Source', 'nope', github('{}'), 401],
])('%s: refused', async (_what, name, headers, status) => {
  verifies('SRC-03');
  const { response, synced } = await post(name, headers);
  expect([response.status, synced]).toEqual([status, []]);
  expect(ApiErrorBodySchema.parse(await response.json()).detail).not.toContain(SECRET);
});

test('who has no secret is not told which Sources there are, nor which have a webhook', async () => {
  const said = async (name: string): Promise<string> => {
    const { response } = await post(name, github('{}', 'other'));
    return `${response.status} ${await response.text()}`.replaceAll(name, 'NAME');
  };
  const [known, without, unknown] = [await said('team'), await said('without'), await said('nope')];
  expect(unknown).toBe(known);
  expect(without).toBe(known);
});

test('a body without an end is cut off at the limit, and nothing of it is kept', async () => {
  verifies('SRC-03');
  const chunk = new Uint8Array(1024 ** 2);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const outcome = await post('team', github('{}'), endless).then(
    ({ response }) => response.status,
    // The connection is closed under a sender that goes on.
    () => 413,
  );
  expect(outcome).toBe(413);
  expect(sent).toBeGreaterThan(MAX_WEBHOOK_BYTES);
  expect(sent).toBeLessThan(4 * MAX_WEBHOOK_BYTES);
});

test('only the webhook itself goes without the token', async () => {
  verifies('SRC-03', 'SEC-02');
  for (const [method, path] of [
    ['POST', '/api/v1/reload'],
    ['POST', '/api/v1/sources/team/webhook/x'],
    ['PUT', '/api/v1/sources/team/webhook'],
    ['POST', '/api/v1/sources//webhook'],
  ] as const)
    expect((await fetch(`${api.url}${path}`, { method, headers: github('') })).status).toBe(401);
});

test('a page of another origin can not use it', async () => {
  verifies('SRC-03', 'GW-07');
  const headers = { ...github('{}'), origin: 'https://evil.example' };
  expect((await post('team', headers)).response.status).toBe(403);
});
