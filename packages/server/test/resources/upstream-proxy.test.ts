import { expect, test } from 'vitest';
import { proxiedUrl, resolveProxy } from '../../src/resources/upstream-proxy.ts';
import { verifies } from '../../../../test/verifies.ts';

const resolve = (template: string, environment: Readonly<Record<string, string>> = {}) =>
  resolveProxy(template, { secrets: {}, environment });

test.each([
  ['http://proxy:8080', 'http://proxy:8080/mcp/files'],
  ['http://proxy:8080/', 'http://proxy:8080/mcp/files'],
  ['http://proxy:8080///', 'http://proxy:8080/mcp/files'],
  ['https://proxy.example/base/', 'https://proxy.example/base/mcp/files'],
  ['http://[::1]:8080/', 'http://[::1]:8080/mcp/files'],
  ['${SCHEME:-http}://${HOST}:80', 'http://proxy/mcp/files'],
])('%s has a server at %s', (template, url) => {
  verifies('GW-10');
  const found = resolve(template, { HOST: 'proxy' });
  expect(found.kind === 'ok' && proxiedUrl(found.base, 'files')).toBe(url);
});

test.each([
  [
    '${PROXY}',
    'the variable PROXY is not set; set it before Tutti starts, or write a default: `${PROXY:-…}`',
  ],
  ['${EMPTY}', 'no `http://` or `https://` url; write `http://proxy.example.com:8080`'],
  ['ftp://proxy', 'no `http://` or `https://` url; write `http://proxy.example.com:8080`'],
  ['http://u:p@proxy', 'credentials in it are not sent; put them into `headers` of the servers instead'],
  ['http://proxy/?a=b', 'a path is put behind it, so it may have no `?` and no `#`; remove them'],
  ['http://proxy/#a', 'a path is put behind it, so it may have no `?` and no `#`; remove them'],
])('%s is refused', (template, reason) => {
  verifies('GW-10');
  expect(resolve(template, { EMPTY: '' })).toEqual({ kind: 'wrong', reason });
});
