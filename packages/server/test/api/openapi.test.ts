// The OpenAPI document and the API that serves it say the same, and the document is one that tools can use.

import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../../../scripts/openapi/document.ts';
import { verifies } from '../../../../test/verifies.ts';
import { createApi } from '../../src/api/api.ts';
import { rightFor } from '../../src/api/rights.ts';
import { startFakeApi, type FakeApi } from './fake-api.ts';

const ResponseSchema = z.looseObject({ $ref: z.string().optional(), content: z.unknown().optional() });
const OperationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).length(1),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  requestBody: z.looseObject({ content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), ResponseSchema),
  security: z.array(z.record(z.string(), z.array(z.string()))),
});
const ComponentSchema = z.looseObject({
  description: z.string().optional(),
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).optional(),
});
const DocumentSchema = z.looseObject({
  openapi: z.literal('3.1.1'),
  components: z.looseObject({ schemas: z.record(z.string(), ComponentSchema) }),
  paths: z.record(z.string(), z.record(z.string(), OperationSchema)),
});
type Document = z.infer<typeof DocumentSchema>;

let api: FakeApi;
let document: Document;
beforeAll(async () => {
  api = await startFakeApi();
  const response = await fetch(`${api.url}/api/v1/openapi.json`);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  document = DocumentSchema.parse(await response.json());
});
afterAll(() => api[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

test('what is served is what the routes say', () => {
  verifies('OPS-04');
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('every route of the API is in the document, and every operation of it is served', () => {
  verifies('OPS-04');
  const served = createApi(api.deps)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{.*?\})?(?=\/|$)/g, '{$1}')}`);
  expect(served.length).toBeGreaterThan(60);
  expect(
    operations()
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  ).toEqual(served.toSorted());
});

test('a validator has nothing to say against it', async () => {
  verifies('OPS-04');
  const source = JSON.stringify(document);
  // Health is asked for by those who can do nothing about an answer that is wrong.
  const rules = { 'operation-4xx-response': 'off' } as const;
  const config = await createConfig({ extends: ['recommended'], rules });
  const problems = await lintFromString({ source, config });
  expect(
    problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`),
  ).toEqual([]);
  const broken = source.replace('"#/components/schemas/ApiServer"', '"#/components/schemas/Nothing"');
  expect((await lintFromString({ source: broken, config })).map(({ ruleId }) => ruleId)).toContain(
    'no-unresolved-refs',
  );
});

test('each operation says what it takes, what it answers, how it fails and who may', () => {
  verifies('OPS-04', 'SEC-02');
  const PROBLEM = '#/components/responses/Problem';
  for (const { method, path, operation } of operations()) {
    const at = `${method} ${path}`;
    const { parameters = [], responses, requestBody, security } = operation;
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(
      parameters.filter((one) => one.in === 'path').map(({ name }) => name),
      at,
    ).toEqual(named);
    expect(responses['default'], at).toEqual({ $ref: PROBLEM });
    const [good] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    expect(good, at).toBeDefined();
    if (good?.[0] !== '204') expect(Object.keys(good?.[1].content ?? {}), at).not.toEqual([]);
    if (named.length > 0) expect(responses['404'], at).toEqual({ $ref: `${PROBLEM}404` });
    if (requestBody !== undefined) expect(responses['413'], at).toEqual({ $ref: `${PROBLEM}413` });
    const right = rightFor(method, path);
    if (right === 'none') expect(security, at).toEqual([]);
    else expect(responses['401'], at).toEqual({ $ref: `${PROBLEM}401` });
    const roles = security.flatMap((one) => one['key'] ?? []);
    if (right === 'administer') expect(security, at).toEqual([{ key: ['admin'] }]);
    if (right === 'work') expect(roles, at).toEqual(['admin', 'agent']);
  }
  expect(new Set(operations().map(({ operation }) => operation.operationId)).size).toBe(operations().length);
});

test('what the source says of a schema and its fields stands in the document', () => {
  verifies('OPS-04');
  const { ApiFigures, ApiImportedCard, TaskSubmissionInput, ApiTask } = document.components.schemas;
  expect(ApiImportedCard?.description).toBe('What became of an import.');
  expect(ApiFigures?.properties?.['success_rate']?.description).toMatch(/0 to 1/);
  // What is sent and what is answered are two where they differ.
  expect(Object.keys(TaskSubmissionInput?.properties ?? {})).toContain('timeout');
  expect(Object.keys(ApiTask?.properties ?? {})).toContain('timeout');
  expect(JSON.stringify(document)).not.toContain(String(Number.MAX_SAFE_INTEGER));
});
