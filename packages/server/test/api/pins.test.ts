import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { aServer, startFakeApi, TOKEN, type FakeApi } from './fake-api.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi();
  api.world.servers = [aServer('alpha')];
});
afterEach(() => api[Symbol.asyncDispose]());

const post = (body: string, name = 'alpha', token = TOKEN): Promise<Response> =>
  fetch(`${api.url}/api/v1/servers/${name}/pins/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });

test('approvals are read by anybody and written with the token', async () => {
  verifies('CAT-08');
  api.world.pins = [{ server: 'alpha', tool: 'a', state: 'new', held: false }];
  expect(await (await fetch(`${api.url}/api/v1/pins`)).json()).toEqual({
    items: [{ server: 'alpha', policy: 'flag' }],
  });
  expect(await (await fetch(`${api.url}/api/v1/servers/alpha/pins`)).json()).toEqual({
    items: api.world.pins,
  });
  expect((await fetch(`${api.url}/api/v1/servers/none/pins`)).status).toBe(404);
  expect((await post('{"all":true}', 'alpha', 'wrong')).status).toBe(401);
  expect((await post('{"all":true}', 'none')).status).toBe(404);
  expect(await (await post('{"tools":[{"name":"a","digest":"d"}]}')).json()).toEqual({
    items: api.world.pins,
  });
  expect(api.world.changes).toEqual(['approve alpha by admin: {"tools":[{"name":"a","digest":"d"}]}']);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['neither', '{}'],
  ['both', '{"all":true,"tools":[{"name":"a"}]}'],
  ['not all', '{"all":false}'],
  ['no tool', '{"tools":[]}'],
  ['a tool without a name', '{"tools":[{}]}'],
])('%s is no approval', async (_, body) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('"all\\":true');
  expect(api.world.changes).toEqual([]);
});
