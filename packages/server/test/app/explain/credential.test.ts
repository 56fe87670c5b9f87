import { mcpServerSpecSchema } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { credentialOf } from '../../../src/app/explain/credential.ts';
import { verifies } from '../../../../../test/verifies.ts';

const url = 'https://example.com/mcp';

test.each([
  [{ command: 'x', env: { API_TOKEN: 'literal', LOG: 'debug' } }, 'environment', ['API_TOKEN']],
  [{ command: 'x', env: { DSN: '${DSN}', LOG: 'debug' } }, 'environment', ['DSN']],
  [{ command: 'x', env: { DSN: 'pg://${WHO}@db', LOG: '$${LOG}' } }, 'environment', ['DSN']],
  [{ command: 'x', env: { DSN: '${DSN:-none}', API_TOKEN: 'a' } }, 'environment', ['DSN', 'API_TOKEN']],
  [{ command: 'x', args: ['--dsn', '${DSN}', '${A}-${DSN}'] }, 'arguments', ['DSN', 'A']],
  [{ command: 'x', args: ['--dsn', '$${DSN}'], env: { LOG: 'debug' } }, 'none', []],
  [{ url, headers: { Authorization: 'x', 'X-Team': 'core' } }, 'headers', ['Authorization']],
  [{ url, headers: { 'X-Who': 'Bearer ${WHO}' } }, 'headers', ['X-Who']],
  [{ url: `${url}?key=1&page=2` }, 'url', ['key']],
  [{ url: 'https://${TENANT}.example.com/mcp' }, 'url', ['TENANT']],
  [{ url }, 'none', []],
])('%o: %s', (spec, kind, names) => {
  verifies('GW-22');
  expect(credentialOf(mcpServerSpecSchema.parse(spec))).toEqual({ kind, names });
});
