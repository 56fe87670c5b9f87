// Providers against a real HTTP service that speaks their APIs.

import { gatewaySpecSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { retryAfterMs } from '../../../src/app/models/model-failure.ts';
import { createModels } from '../../../src/app/models/models.ts';
import { decomposeTask } from '../../../src/coordination/decomposition/decompose.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { createRedactor } from '../../../src/telemetry/redactor.ts';
import { json, type ModelService, says, silence, startModelService } from './model-service.ts';

const KEY = 'sk-very-secret-key';
const never = new AbortController().signal;
const schema = { type: 'object', properties: { n: { type: 'number' } }, additionalProperties: false };
const question = { instructions: 'count', input: 'the sheep', schema };

let service: ModelService;
let elsewhere: ModelService;

beforeAll(async () => {
  service = await startModelService();
  elsewhere = await startModelService();
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await elsewhere[Symbol.asyncDispose]();
});

const TYPES = ['openai', 'anthropic'] as const;

function providerOf(type: (typeof TYPES)[number], change: Record<string, unknown> = {}) {
  const declared = { name: 'main', type, url: '${WHERE}', model: 'm', key: '${KEY}', ...change };
  const settings = gatewaySpecSchema.parse({ models: { providers: [declared] } });
  const models = createModels({
    settings: () => settings,
    variables: () => ({ KEY, WHERE: `${service.url}/` }),
    redactor: createRedactor(),
    clock: systemClock,
    random: () => 0,
  });
  const provider = models.find('main');
  if (provider === undefined) throw new Error('there is no provider');
  return provider;
}

describe.each(TYPES)('a model by the API of %s', (type) => {
  test('is asked with its key, and answers by the schema', async () => {
    verifies('TSK-08');
    service.answer(says('{"n":1}'));
    expect(await providerOf(type, { maxOutputTokens: 99 }).ask(question, never)).toEqual({
      kind: 'answer',
      text: '{"n":1}',
      tokens: 18,
    });
    const [asked] = service.asked;
    expect(asked?.path).toBe(type === 'openai' ? '/v1/chat/completions' : '/v1/messages');
    expect(asked?.headers[type === 'openai' ? 'authorization' : 'x-api-key']).toContain(KEY);
    expect(asked?.body).toMatchObject({ model: 'm', max_tokens: 99 });
    const sent = JSON.stringify(asked?.body);
    for (const part of ['count', 'the sheep', '"n":{"type":"number"}']) expect(sent).toContain(part);
  });

  test('is asked for text, without a key where none is declared', async () => {
    verifies('TSK-08');
    service.answer(says('three'));
    const { schema: _, ...plain } = question;
    const answer = await providerOf(type, { key: undefined }).ask(plain, never);
    expect(answer).toMatchObject({ kind: 'answer', text: 'three' });
    const headers = service.asked[0]?.headers;
    expect([headers?.authorization, headers?.['x-api-key'] ?? '']).toEqual([undefined, '']);
  });

  test('that is busy is asked again after the time that it names', async () => {
    verifies('TSK-08');
    const busy = json(429, { error: { message: 'slow down' } }, { 'retry-after': '0' });
    service.answer(busy, busy, says('{"n":1}'));
    expect(await providerOf(type).ask(question, never)).toMatchObject({ kind: 'answer' });
    expect(service.asked).toHaveLength(3);
    service.answer(json(429, { error: { message: 'slow down' } }, { 'retry-after': '3600' }));
    expect(await providerOf(type).ask(question, never)).toMatchObject({ kind: 'failed', code: 'busy' });
    expect(service.asked).toHaveLength(1);
  });

  test('that fails is given up after its tries', async () => {
    verifies('TSK-08');
    service.answer(json(500, { error: { message: 'oh no' } }, { 'retry-after-ms': '1' }));
    expect(await providerOf(type, { retries: 1 }).ask(question, never)).toEqual({
      kind: 'failed',
      code: 'unavailable',
      message: expect.stringMatching(/^main \(m\): it answered with 500: .*\(2 tries\)$/),
    });
    expect(service.asked).toHaveLength(2);
  });

  test('that refuses is not asked again, and its words hold no key', async () => {
    verifies('TSK-08');
    service.answer(
      json(401, { type: 'error', error: { type: 'authentication_error', message: `bad key ${KEY}` } }),
    );
    const answer = await providerOf(type).ask(question, never);
    expect(answer).toMatchObject({ kind: 'failed', code: 'refused' });
    expect(JSON.stringify(answer)).toContain('bad key [secret]');
    expect(service.asked).toHaveLength(1);
  });

  test('that does not know answers by a schema is asked without', async () => {
    verifies('TSK-08');
    service.answer(json(400, { error: { message: 'unknown field' } }), says('{"n":2}'));
    expect(await providerOf(type).ask(question, never)).toMatchObject({ text: '{"n":2}' });
    const [structured, plain] = service.asked.map(({ body }) => Object.keys(body).length);
    expect(plain).toBeLessThan(structured ?? 0);
  });

  test.each([
    ['no JSON', 'not JSON'],
    ['another shape', '{"hello":1}'],
    ['nothing', ''],
  ])('that answers with %s gave no answer', async (_, body) => {
    verifies('TSK-08');
    service.answer(json(200, body));
    const answer = await providerOf(type, { retries: 0 }).ask(question, never);
    expect(answer).toMatchObject({ kind: 'failed', code: 'invalid_answer' });
  });

  test('that is too slow is given up, and so is one that nobody waits for', async () => {
    verifies('TSK-08');
    service.answer(silence);
    const slow = await providerOf(type, { timeout: '100ms' }).ask(question, never);
    expect(slow).toEqual({
      kind: 'failed',
      code: 'timeout',
      message: 'main (m): no answer within 0.1 s; raise `timeout`, or ask for less',
    });
    const stop = new AbortController();
    const asking = providerOf(type).ask(question, stop.signal);
    await expect.poll(() => service.asked.length, { timeout: 30_000 }).toBe(2);
    stop.abort(new Error('nobody waits'));
    await expect(asking).rejects.toThrow('nobody waits');
  });

  test('that says too much is cut off', async () => {
    verifies('TSK-08');
    const large = says(JSON.stringify({ n: 'x'.repeat(100_000) }));
    service.answer(large);
    const small = { maxResponse: '4Ki' };
    expect(await providerOf(type, small).ask(question, never)).toMatchObject({ code: 'too_large' });
    service.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => void response.write(`"${'x'.repeat(10_000)}"`, () => setImmediate(more));
      more();
    });
    expect(await providerOf(type, small).ask(question, never)).toMatchObject({ code: 'too_large' });
    service.answer(says('{"n":1}', 'length'));
    expect(await providerOf(type).ask(question, never)).toMatchObject({ code: 'too_large' });
    service.answer(says('{"n":1}'));
    const long = { ...question, input: 'x'.repeat(2_000) };
    expect(await providerOf(type, { maxInput: '1Ki' }).ask(long, never)).toMatchObject({ code: 'too_large' });
    expect(service.asked).toEqual([]);
  });

  test('is not followed elsewhere', async () => {
    verifies('TSK-08');
    elsewhere.answer(says('{"n":1}'));
    service.answer(json(307, {}, { location: `${elsewhere.url}/chat/completions` }));
    const answer = await providerOf(type, { retries: 0 }).ask(question, never);
    expect(answer).toMatchObject({ kind: 'failed', code: 'unavailable' });
    expect(elsewhere.asked).toEqual([]);
  });

  test('that is declared wrongly is not asked', async () => {
    verifies('TSK-08');
    service.answer(says('{"n":1}'));
    expect(await providerOf(type, { key: '${NOT_SET}' }).ask(question, never)).toEqual({
      kind: 'failed',
      code: 'misconfigured',
      message: 'main (m): ${NOT_SET} has no value; set it where Tutti is started',
    });
    expect(await providerOf(type, { url: '${KEY}' }).ask(question, never)).toMatchObject({
      code: 'misconfigured',
    });
    expect(service.asked).toEqual([]);
    const gone = providerOf(type, { url: 'http://127.0.0.1:1/v1', retries: 0 });
    expect(await gone.ask(question, never)).toMatchObject({ code: 'unavailable' });
  });

  test('splits a task, and mends an answer that does not fit', async () => {
    verifies('TSK-08');
    const split = (capability: string) =>
      says(
        JSON.stringify({ subtasks: [{ id: 'a', description: 'd', required_capabilities: [capability] }] }),
      );
    service.answer(split('sing'), split('csv'));
    const request = {
      task: 'Do it.',
      available_models: [{ id: 'x', model_type: '', capabilities: ['csv'] }],
    };
    const deps = { provider: providerOf(type), onFailure: 'fail' } as const;
    expect(await decomposeTask(deps, request, never)).toEqual({
      kind: 'decomposed',
      method: 'model',
      provider: 'main',
      model: 'm',
      tokens: 36,
      subtasks: [{ id: 'a', description: 'd', required_capabilities: ['csv'] }],
    });
    expect(JSON.stringify(service.asked[1]?.body)).toContain('none of the available models has all of sing');
    service.answer(json(503, {}));
    const failing = { provider: providerOf(type, { retries: 0 }), onFailure: 'split' } as const;
    expect(await decomposeTask(failing, request, never)).toMatchObject({
      method: 'split',
      note: expect.stringContaining('it answered with 503'),
    });
  });
});

test.each([
  [{}, undefined],
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '-1' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9_000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
  [{ 'retry-after': '9', 'retry-after-ms': '7' }, 7],
])('%j is a wait of %j ms', (headers, expected) => {
  expect(retryAfterMs(headers, 1_000)).toBe(expected);
});
