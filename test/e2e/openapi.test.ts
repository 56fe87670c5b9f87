// The OpenAPI document against a running Tutti: every operation is there, and what is answered has the shape that the
// document promises.

import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { fixtureCommand } from '../support/fixture.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, callerWith, startWorkGateway, type ApiCaller } from './work-world.ts';

const DocumentSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.unknown()) })),
  ),
});

let gateway: Gateway;
let admin: ApiCaller;
let anna: ApiCaller;
let document: z.infer<typeof DocumentSchema>;
const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(async () => {
  gateway = await startWorkGateway({ servers: { fixture: fixtureCommand('both') } });
  admin = callerWith(gateway, gateway.token);
  anna = callerWith(gateway, ANNA);
  document = DocumentSchema.parse((await anna('GET', '/openapi.json')).body);
  ajv.addSchema(document, 'api');
}, 120_000);
afterAll(() => gateway.close(), 60_000);

const pointer = (...parts: readonly string[]): string =>
  `api#/${parts
    .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .join('/')}`;

/** What is wrong with the answer, as the document has it. */
function complaints(method: string, path: string, status: number, body: unknown): string {
  const schema =
    status < 400
      ? pointer(
          'paths',
          path,
          method.toLowerCase(),
          'responses',
          String(status),
          'content',
          'application/json',
          'schema',
        )
      : pointer('components', 'schemas', 'ApiErrorBody');
  const validate = ajv.getSchema(schema);
  if (validate === undefined) return `the document has no ${schema}`;
  return validate(body) ? '' : ajv.errorsText(validate.errors);
}

test('each operation of the document is served, and fails in the shape that it says', async () => {
  verifies('OPS-04');
  const seen: string[] = [];
  for (const [path, item] of Object.entries(document.paths))
    for (const method of Object.keys(item).map((one) => one.toUpperCase())) {
      // Nothing is named so: whatever is asked of it fails, and changes nothing.
      const url = `${gateway.url}${path.replaceAll(/\{\w+\}/g, 'nothing.json')}`;
      const signal = AbortSignal.timeout(30_000);
      const response = await fetch(url, {
        method,
        signal,
        headers: { authorization: `Bearer ${gateway.token}` },
        ...(method === 'GET' ? {} : { body: '[]' }),
      });
      const text = await response.text();
      seen.push(`${method} ${path} ${response.status}`);
      expect(text, `${method} ${path}`).not.toContain(`There is no ${method} /`);
      if (response.status >= 400) {
        const body: unknown = JSON.parse(text);
        expect(complaints(method, path, response.status, body), `${method} ${path}`).toBe('');
        expect(response.headers.get('content-type')).toBe('application/problem+json');
      }
    }
  expect(seen.length).toBeGreaterThan(60);
  const stranger = await fetch(`${gateway.url}/api/v1/nothing-of-the-kind`);
  expect(await stranger.text()).toContain('There is no GET /api/v1/nothing-of-the-kind');
});

test('what is answered has the shape of the document', async () => {
  verifies('OPS-04');
  const wanted = ['shape-work'];
  const agent = { id: 'shape', capabilities: wanted, resources: { gpu: true } };
  const asked = { creator_id: 'shape', title: 'x', participants: ['reader'], initial_message: 'x' };
  const steps: readonly (readonly [string, string, unknown?])[] = [
    ['GET', '/info'],
    ['GET', '/servers'],
    ['GET', '/servers/{name}'],
    ['GET', '/servers/{name}/logs'],
    ['GET', '/servers/{name}/pins'],
    ['POST', '/servers/{name}/suspend'],
    ['POST', '/servers/{name}/resume'],
    ['GET', '/tools'],
    ['GET', '/pins'],
    ['GET', '/resources'],
    ['GET', '/families'],
    ['GET', '/toolsets'],
    ['GET', '/explain?tool=echo'],
    ['GET', '/problems'],
    ['GET', '/sources'],
    ['GET', '/results'],
    ['GET', '/events?kind=MCPServer'],
    ['POST', '/plan', {}],
    ['POST', '/reload'],
    ['POST', '/agents', agent],
    ['POST', '/agents/{id}/report', { status: 'working', progress_metric: 0.5 }],
    ['POST', '/agents/{id}/heartbeat'],
    ['GET', '/agents'],
    ['POST', '/tasks', { id: 'shape', description: 'x', required_capabilities: wanted, payload: { a: [1] } }],
    ['POST', '/agents/{id}/next', { wait_seconds: 30 }],
    ['GET', '/agents/{id}/tasks'],
    ['POST', '/tasks/{id}/start', { agent_id: 'shape', claim: 1 }],
    ['POST', '/tasks/{id}/progress', { agent_id: 'shape', claim: 1, progress: 0.5 }],
    ['POST', '/tasks/{id}/ask', { agent_id: 'shape', claim: 1, prompt: 'Which?' }],
    ['POST', '/tasks/{id}/answer', { response: 'this' }],
    ['POST', '/tasks/{id}/answered', { agent_id: 'shape', claim: 1 }],
    [
      'POST',
      '/tasks/{id}/complete',
      { agent_id: 'shape', claim: 1, result: { b: null }, usage: { tokens: 1 } },
    ],
    ['GET', '/tasks'],
    ['GET', '/tasks/{id}'],
    ['GET', '/tasks/{id}/history'],
    ['GET', '/tasks/{id}/why'],
    ['GET', '/agents/{id}'],
    ['GET', '/agents/{id}/card'],
    ['GET', '/agent-cards'],
    ['POST', '/agent-cards', { name: 'shape of a card', skills: [{ id: 'x' }] }],
    ['POST', '/agents', { id: 'reader' }],
    [
      'POST',
      '/messages',
      { sender_id: 'reader', recipient_id: 'shape', content: 'x', importance: 'must_read' },
    ],
    ['POST', '/agents/{id}/heartbeat'],
    ['POST', '/inboxes/unacked', { participant_ids: ['shape'] }],
    ['POST', '/inboxes/{id}/take'],
    ['GET', '/inboxes/{id}'],
    ['GET', '/inboxes/{id}/messages?state=unacked'],
    ['POST', '/inboxes/{id}/ack', { message_ids: ['none'] }],
    ['POST', '/threads', asked],
    ['POST', '/threads/critical', { ...asked, timeout_ms: 1 }],
    ['GET', '/threads?status=active'],
    ['PUT', '/budgets/{kind}/{id}', { tokens: 10, wall_time: '1h' }],
    ['GET', '/budgets'],
    ['GET', '/budgets/{kind}/{id}'],
    ['DELETE', '/agents/{id}'],
  ];
  for (const [method, path, body] of steps) {
    const at = path.replace('{name}', 'fixture').replace('{kind}', 'agent').replace('{id}', 'shape');
    const answer = await admin(method, at, body);
    const [template = ''] = path.split('?');
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.error)}`).toBeLessThan(300);
    if (answer.status === 204) continue;
    expect(complaints(method, `/api/v1${template}`, answer.status, answer.body), `${method} ${path}`).toBe(
      '',
    );
  }
  const health = await fetch(`${gateway.url}/readyz`);
  expect(complaints('GET', '/readyz', health.status, await health.json())).toBe('');
  // A body that is not of the shape is told so.
  expect(complaints('GET', '/api/v1/info', 200, { version: 1 })).toContain("required property 'pid'");
});
