import { DEFAULT_GATEWAY_SETTINGS, explainIssues, gatewaySpecSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';

function issuesOf(spec: unknown): string[] {
  const checked = gatewaySpecSchema.safeParse(spec);
  if (checked.success) return [];
  return explainIssues(checked.error, spec, gatewaySpecSchema).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

describe('models and coordination of a Gateway', () => {
  test('get their defaults', () => {
    verifies('TSK-15');
    const { models, coordination } = DEFAULT_GATEWAY_SETTINGS;
    expect(models).toEqual({ providers: [] });
    expect(coordination).toEqual({
      tools: 'auto',
      roles: {},
      scheduler: { algorithm: 'capability-priority', loadBalancing: true, domainFiltering: true },
      domains: {},
      decomposition: { onFailure: 'split' },
      evidence: { roots: [], commands: [] },
      files: { roots: [], maxFileBytes: 1024 ** 2 },
    });
  });

  test('keep every field in units of code', () => {
    verifies('TSK-15', 'TSK-08');
    const spec = {
      models: {
        providers: [
          { name: 'main', type: 'anthropic', model: 'm', key: '${KEY}' },
          {
            name: 'here',
            type: 'openai',
            url: 'http://127.0.0.1:1234/v1',
            model: 'm',
            timeout: '5s',
            retries: 0,
            maxInput: '1Ki',
            maxOutputTokens: 16,
            maxResponse: '2Ki',
          },
        ],
      },
      coordination: {
        domain: 'sales',
        tools: 'on',
        roles: { Lead: ['submit', 'delegate'] },
        scheduler: { loadBalancing: false, domainFiltering: false },
        domains: { sales: { timeout: '10m', retryPolicy: { maxRetries: 5 } }, hr: {} },
        decomposition: { provider: 'here', onFailure: 'fail' },
        evidence: {
          roots: [{ name: 'code', path: '../code' }],
          commands: [{ name: 'unit', root: 'code', command: 'npm', args: ['test'], timeout: '1m' }],
        },
      },
    };
    expect(gatewaySpecSchema.parse(spec)).toMatchObject({
      models: {
        providers: [
          {
            name: 'main',
            type: 'anthropic',
            url: 'https://api.anthropic.com/v1',
            model: 'm',
            key: '${KEY}',
            timeoutMs: 60_000,
            retries: 2,
            maxInputBytes: 256 * 1024,
            maxOutputTokens: 8_192,
            maxResponseBytes: 2 * 1024 ** 2,
          },
          { url: 'http://127.0.0.1:1234/v1', timeoutMs: 5_000, maxInputBytes: 1_024 },
        ],
      },
      coordination: {
        domain: 'sales',
        scheduler: { algorithm: 'capability-priority', loadBalancing: false, domainFiltering: false },
        domains: {
          sales: {
            timeoutMs: 600_000,
            retryPolicy: {
              maxRetries: 5,
              backoff: 'exponential',
              initialDelay: 1_000,
              maxDelay: 300_000,
            },
          },
          hr: {},
        },
        decomposition: { provider: 'here', onFailure: 'fail' },
        evidence: { commands: [{ name: 'unit', root: 'code', args: ['test'], timeoutMs: 60_000 }] },
      },
    });
  });

  const provider = { name: 'a', type: 'openai', model: 'm' };
  test.each<[unknown, readonly string[]]>([
    [
      { models: { providers: [{ ...provider, key: 'sk-1234' }] } },
      ['models.providers.0.key: a key does not stand in a declaration; write `${VAR}`'],
    ],
    [
      { models: { providers: [provider, provider] } },
      ['models.providers.1.name: `a` is the name of another provider; choose another'],
    ],
    [
      { models: { providers: [{ ...provider, type: 'other' }] } },
      ['models.providers.0.type: must be one of `openai`, `anthropic`'],
    ],
    [
      { models: { providers: [{ ...provider, url: 'ftp://x' }] } },
      ['models.providers.0.url: must be an `http://` or `https://` url'],
    ],
    [
      { coordination: { scheduler: { algorithm: 'random' } } },
      ['coordination.scheduler.algorithm: must be `capability-priority`'],
    ],
    [
      { coordination: { domains: { a: { retries: 1 } } } },
      ['coordination.domains.a.retries: not a known field; known here: timeout, retryPolicy'],
    ],
    [
      { coordination: { domains: { a: { retryPolicy: { maxRetrys: 1 } } } } },
      [
        'coordination.domains.a.retryPolicy.maxRetrys: not a known field; known here: maxRetries, backoff, initialDelay, maxDelay',
      ],
    ],
    [
      { coordination: { decomposition: { provider: 'a' } } },
      [
        'coordination.decomposition.provider: there is no `a` among the providers of `models`; add it there, or correct it',
      ],
    ],
    [
      {
        coordination: {
          evidence: {
            roots: [
              { name: 'r', path: 'a' },
              { name: 'r', path: 'b' },
            ],
            commands: [{ name: 'c', root: 'x', command: 'd' }],
          },
        },
      },
      [
        'coordination.evidence.roots.1.name: `r` is there already; choose another name',
        'coordination.evidence.commands.0.root: there is no root `x`; add it to `roots`',
      ],
    ],
  ])('%j: %j', (spec, issues) => {
    verifies('TSK-15', 'TSK-08', 'TSK-11');
    expect(issuesOf(spec)).toEqual(issues);
  });
});
