// Agent cards over HTTP, from the SDK and from the command line: imported for whoever asks, shown to whoever may read.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentCard } from '@a2a-js/sdk';
import { ApiAgentSchema, ApiImportedCardSchema, MAX_CARD_BYTES } from '@tutti/schemas';
import { createTuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliResult } from '../../packages/cli/test/run-cli.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import {
  ANNA,
  BERT,
  callerWith,
  NOBODY,
  startWorkGateway,
  VERA,
  type Answer,
  type ApiCaller,
} from './work-world.ts';

let gateway: Gateway;
let anna: ApiCaller;
let bert: ApiCaller;
beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
  bert = callerWith(gateway, BERT);
}, 120_000);
afterAll(() => gateway.close(), 60_000);

const cli = (...args: readonly string[]): Promise<CliResult> =>
  runCli(args, { env: { TUTTI_TOKEN: gateway.token, TUTTI_URL: gateway.url } });

const card = (name: string) => ({
  name,
  description: 'Finds recipes.',
  version: '2',
  supportedInterfaces: [{ url: 'https://a.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  skills: [{ id: `only-${name}`, name: 'Find recipes', description: 'Finds them.', tags: ['food'] }],
  'x-vendor': { kept: true },
});

describe('agent cards over HTTP', () => {
  test('register an agent for the caller, and show what it has done', async () => {
    verifies('AGT-08', 'OPS-04');
    const imported = await anna('POST', '/agent-cards', card('cook'));
    expect(imported).toMatchObject({
      status: 200,
      body: { agent: { id: 'cook', owner: 'anna', capabilities: ['only-cook'] }, warnings: [] },
    });
    await bert('POST', '/tasks', {
      id: 'soup',
      description: 'find a soup',
      required_capabilities: ['only-cook'],
    });
    await anna('POST', '/agents/cook/next', { wait_seconds: 30 });
    const usage = { tokens: 40, money_micros: 2_000_000 };
    const done = await anna('POST', '/tasks/soup/complete', { agent_id: 'cook', claim: 1, usage });
    expect(done.body).toMatchObject({ status: 'completed' });

    const figures = { capabilities: ['only-cook'], completed: 1, failed: 0, success_rate: 1, tokens: 40 };
    expect(ApiAgentSchema.parse((await bert('GET', '/agents/cook')).body).measured).toMatchObject([figures]);
    const shown = await bert('GET', '/agents/cook/card');
    expect(shown).toMatchObject({
      status: 200,
      body: {
        name: 'cook',
        'x-vendor': { kept: true },
        supportedInterfaces: [{ url: 'https://a.example/a2a' }, { url: `${gateway.url}/api/v1/tasks` }],
      },
    });
    // As those of A2A read it.
    const { capabilities } = AgentCard.fromJSON(shown.body);
    expect(capabilities?.extensions.at(-1)?.params).toMatchObject({ classes: [figures] });
    expect(
      (await callerWith(gateway, VERA)('GET', '/agent-cards?capabilities=only-cook')).body,
    ).toMatchObject({
      items: [{ name: 'cook' }],
    });
  });

  test('are for those who may: readers read, agents import their own', async () => {
    verifies('AGT-08', 'SEC-02');
    const vera = callerWith(gateway, VERA);
    expect((await anna('POST', '/agent-cards?id=mine', card('theirs'))).status).toBe(200);
    const refusals = await Promise.all([
      vera('POST', '/agent-cards', card('x')),
      callerWith(gateway, NOBODY)('POST', '/agent-cards', card('x')),
      callerWith(gateway, 'not-a-key-that-anybody-has')('GET', '/agent-cards'),
      bert('POST', '/agent-cards?id=mine', card('theirs')),
      anna('GET', '/agents/none/card'),
      anna('POST', '/agent-cards', { name: 'x', skills: 'all' }),
      anna('POST', '/agent-cards?name=x', card('x')),
      anna('POST', '/agent-cards', { ...card('x'), notes: 'x'.repeat(MAX_CARD_BYTES) }),
    ]);
    expect(refusals.map(({ status, error }) => [status, error?.code])).toEqual([
      [403, 'refused'],
      [403, 'refused'],
      [401, 'unauthorized'],
      [409, 'conflict'],
      [404, 'not_found'],
      [400, 'invalid_params'],
      [400, 'invalid_params'],
      [413, 'too_large'],
    ]);
    const key = { 'idempotency-key': 'one-import' };
    const [first, again] = [
      await anna('POST', '/agent-cards?id=once', card('a'), key),
      await anna('POST', '/agent-cards?id=once', card('a'), key),
    ];
    const madeAt = ({ body }: Answer) => ApiImportedCardSchema.parse(body).agent.registered_at;
    expect(madeAt(again)).toBe(madeAt(first));
    expect((await anna('POST', '/agent-cards?id=once', card('b'), key)).status).toBe(409);
  });
});

test('the SDK imports, shows and lists cards, page by page', async () => {
  verifies('AGT-08');
  const { agents } = createTuttiClient({ url: gateway.url, token: BERT });
  const { agent } = await agents.importCard(card('baker'), { id: 'baker-1' });
  expect(agent).toMatchObject({ id: 'baker-1', owner: 'bert' });
  await agents.importCard(card('baker'), { id: 'baker-2' });
  expect(await agents.card('baker-1')).toMatchObject({ name: 'baker', skills: [{ id: 'only-baker' }] });
  expect(await agents.cards({ capabilities: ['only-baker'] })).toHaveLength(2);
  expect(await agents.cards({ capabilities: ['only-baker'], limit: 1 })).toHaveLength(1);
});

test('the command line takes a card and gives one', async () => {
  verifies('AGT-08', 'OPS-05');
  const file = join(gateway.folder, 'card.json');
  await writeFile(file, JSON.stringify(card('scribe')));
  expect(await cli('apply', '-f', file)).toMatchObject({
    exitCode: 0,
    stdout: 'agent/scribe registered (Ready)\n',
  });
  const exported = await cli('export', 'agent-card', 'scribe');
  expect(JSON.parse(exported.stdout)).toMatchObject({ name: 'scribe', 'x-vendor': { kept: true } });
  expect((await cli('export', 'agent-card', 'none')).exitCode).toBe(3);

  const local = callerWith(gateway, gateway.token);
  await local('POST', '/tasks', {
    id: 'write',
    description: 'write',
    required_capabilities: ['only-scribe'],
  });
  await local('POST', '/agents/scribe/next', { wait_seconds: 30 });
  await local('POST', '/tasks/write/complete', {
    agent_id: 'scribe',
    claim: 1,
    usage: { money_micros: 1_500_000 },
  });
  const described = await cli('describe', 'agent', 'scribe');
  expect(described.stdout).toMatch(/only-scribe in default\s+1 of 1 completed \(100 %\).*1\.50 spent/);
});
