import { expect, test } from 'vitest';
import { gatewayCoordinationSchema } from '../../../schemas/src/resources/gateway-coordination.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;

function openWith(settings: object): Promise<TestCoordination> {
  const parsed = gatewayCoordinationSchema.parse(settings);
  const url = stores[0]?.freshUrl() ?? '';
  return openFresh(url, undefined, { switches: () => parsed.scheduler, domains: () => parsed });
}

test('a domain says what its tasks do not', async () => {
  verifies('TSK-15');
  await using it = await openWith({
    domains: {
      shop: { timeout: '10s', retryPolicy: { maxRetries: 1, backoff: 'fixed', initialDelay: '2s' } },
    },
  });
  expect(await it.task({ domain: 'shop' })).toMatchObject({
    timeout: 10,
    retryPolicy: { maxRetries: 1, backoff: 'fixed', initialDelay: 2 },
  });
  const own = { domain: 'shop', timeout: '20s', retryPolicy: { maxRetries: 5 } };
  expect(await it.task(own)).toMatchObject({
    timeout: 20,
    retryPolicy: { maxRetries: 5, backoff: 'exponential' },
  });
  for (const domain of ['other', 'constructor'])
    expect(await it.task({ domain })).toMatchObject({ timeout: 300, retryPolicy: { maxRetries: 3 } });
});

test('where one domain is served, tasks and agents of others are refused', async () => {
  verifies('TSK-15');
  await using it = await openWith({ domain: 'shop' });
  await expect(it.task({ domain: 'bank' })).rejects.toMatchObject({ details: { kind: 'other_domain' } });
  await expect(it.agent({ id: 'ada', domain: 'bank' })).rejects.toThrow(/Only the domain shop is served/);
  await it.agent({ id: 'ada', domain: 'shop' });
  expect((await it.task({ domain: 'shop' })).status).toBe('pending');
});

test('without domain filtering an agent is given tasks of any domain', async () => {
  verifies('TSK-15');
  for (const domainFiltering of [true, false]) {
    await using it = await openWith({ scheduler: { domainFiltering } });
    await it.agent({ id: 'ada', domain: 'shop' });
    const { id } = await it.task({ domain: 'bank' });
    const handout = await it.agents.next('ada', domainFiltering ? 50 : 5_000, LOCAL, signal);
    expect(handout?.task.id).toBe(domainFiltering ? undefined : id);
  }
});
