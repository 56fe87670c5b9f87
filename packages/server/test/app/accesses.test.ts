// Keys from a Gateway: which of them let whom in, what is wrong with the others, and that a change counts at once.

import { createHash } from 'node:crypto';
import { gatewaySpecSchema, type GatewayResource } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { createAccesses } from '../../src/app/accesses.ts';
import { isSameHolder } from '../../src/policy/access.ts';
import { ownRules } from '../../src/app/native/own-rules.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { createResourceStore, type ScopeContent } from '../../src/resources/store.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';
import { verifies } from '../../../../test/verifies.ts';

const TOKEN = 'the-token-of-the-instance';
const LONG = 'a-secret-that-is-long-enough';
const OTHER = 'another-secret-that-is-long';
const VARIABLES = { LONG, OTHER, SHORT: 'short', EMPTY: '' };
const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

function world(spec: object = {}, isExposed = false) {
  const store = createResourceStore();
  const declare = (next: object): void => {
    const gateway: GatewayResource = {
      kind: 'Gateway',
      spec: gatewaySpecSchema.parse(next),
      origin: { kind: 'file', path: '/tutti.yaml', line: 3 },
    };
    const content: ScopeContent = { servers: [], gateway, problems: [], broken: new Set() };
    store.apply(new Map([['f', content]]));
  };
  declare(spec);
  const redactor = createRedactor();
  const accesses = createAccesses({
    store,
    environmentOf: () => VARIABLES,
    token: TOKEN,
    ownRules,
    isExposed,
    redactor,
  });
  const who = (header: string | undefined): string => {
    const access = accesses.of(header);
    return 'reason' in access ? access.challenge : access.principal.id;
  };
  /** What stands in the file now, read or not. */
  const write = (text: string | null): void =>
    store.apply(new Map([['f', text === null ? null : readDocuments('/tutti.yaml', text)]]));
  return { accesses, declare, write, who, redactor };
}

const key = (name: string, secret: string | readonly string[], ...roles: string[]) => ({
  name,
  secret,
  roles,
});

test('without keys everybody is local, and the instance token is admin', () => {
  verifies('SEC-01', 'SEC-02');
  const { who } = world();
  expect(who(undefined)).toBe('local');
  expect(who(`Bearer ${TOKEN}`)).toBe('admin');
  // It is meant for somebody else then.
  expect(who('Bearer of-some-server-behind-it')).toBe('local');
  expect(who('Basic eDp5')).toBe('local');
});

test('a key lets in whom it is for, from a variable or by its hash', () => {
  verifies('SEC-01');
  const { who, accesses } = world({ auth: { keys: [key('a', '${LONG}', 'dev'), key('b', sha256(OTHER))] } });
  expect(who(`Bearer ${LONG}`)).toBe('a');
  expect(who(`bearer   ${LONG}`)).toBe('a');
  expect(who(`Bearer ${OTHER}`)).toBe('b');
  expect(who(undefined)).toBe('local');
  for (const wrong of [
    `Bearer ${LONG}x`,
    `Bearer ${LONG.slice(1)}`,
    `Bearer ${sha256(OTHER)}`,
    'Basic eDp5',
    'Bearer',
    '',
  ])
    expect([wrong, who(wrong)]).toEqual([wrong, expect.stringContaining('error="invalid_token"')]);
  expect(accesses.byPrincipal('a')?.principal.roles).toEqual(['dev']);
  expect(accesses.problems()).toEqual([]);
});

test('a key is known again while one of its secrets is the same, whatever its name', () => {
  verifies('SEC-05');
  const { accesses, declare } = world({ auth: { keys: [key('a', '${LONG}'), key('b', '${OTHER}')] } });
  const had = [...(accesses.byPrincipal('a')?.credentials ?? [])];
  expect(had).toHaveLength(1);
  expect(JSON.stringify(had)).not.toContain(sha256(LONG).slice(7, 20));
  const isSame = (): boolean => isSameHolder(had, accesses.byPrincipal('a')?.credentials ?? []);
  expect(isSameHolder(had, accesses.byPrincipal('b')?.credentials ?? [])).toBe(false);
  declare({ auth: { keys: [key('a', [sha256(OTHER), sha256(LONG)])] } });
  expect(isSame()).toBe(true);
  declare({ auth: { keys: [key('a', sha256(OTHER))] } });
  expect(isSame()).toBe(false);
});

test('where keys are required, or others can reach it, nobody comes in without one', () => {
  verifies('SEC-02');
  for (const { who } of [world({ auth: { required: true } }), world({}, true)]) {
    expect(who(undefined)).toBe('Bearer realm="tutti"');
    expect(who('Bearer some-thing')).toContain('invalid_token');
    expect(who(`Bearer ${TOKEN}`)).toBe('admin');
  }
});

test.each([
  ['is not set', '${NOT_THERE}', 'NOT_THERE is not set'],
  ['is too short', '${SHORT}', 'shorter than 16 characters'],
  ['is empty', '${EMPTY}', 'shorter than 16 characters'],
])('a secret that %s lets nobody in, and says so without showing it', (_, secret, told) => {
  verifies('SEC-01');
  const { accesses, who } = world({ auth: { keys: [key('a', secret, 'admin')] } });
  expect(accesses.byPrincipal('a')).toBeUndefined();
  expect(who('Bearer short')).toBe('local');
  expect(who('Bearer ')).toBe('local');
  const [problem] = accesses.problems();
  expect(problem).toMatchObject({ path: '/tutti.yaml', line: 3, severity: 'error' });
  expect(problem?.message).toContain(told);
  expect(problem?.message).not.toContain("'short'");
});

test('the same secret twice lets in the first', () => {
  const { accesses, who } = world({ auth: { keys: [key('a', '${LONG}'), key('b', sha256(LONG))] } });
  expect(who(`Bearer ${LONG}`)).toBe('a');
  expect(accesses.problems().map(({ message }) => message)).toEqual([
    expect.stringContaining('the key of `a`'),
  ]);
  expect(accesses.byPrincipal('b')).toBeUndefined();
});

test('where the Gateway with the keys can not be read, only the instance token opens', () => {
  verifies('SEC-02');
  const keys =
    'kind: Gateway\napiVersion: tutti.dev/v1alpha1\nmetadata: {name: gateway}\nspec:\n  auth: {required: true';
  for (const text of [`${keys}, nonsense: 1}`, `${keys}: }}}`]) {
    const { who, write, accesses } = world();
    expect(who(undefined)).toBe('local');
    // As at a start: there is no last good one.
    write(null);
    let told = 0;
    using _telling = accesses.subscribe(() => (told += 1));
    write(null);
    expect(told).toBe(0);
    write(text);
    expect([who(undefined), who(`Bearer ${TOKEN}`), told]).toEqual(['Bearer realm="tutti"', 'admin', 1]);
    write(`${keys}}`);
    expect(who(undefined)).toBe('Bearer realm="tutti"');
    write(`${keys}, nonsense: 1}`);
    expect(accesses.isRequired).toBe(true);
    write(`${keys.replace('true', 'false')}}`);
    expect(who(undefined)).toBe('local');
    // Nothing in it is about who may come in.
    write('kind: Gateway\napiVersion: tutti.dev/v1alpha1\nmetadata: {name: gateway}\nspec: {nonsense: 1}');
    expect(who(undefined)).toBe('local');
  }
});

test('a change counts for the next request and is told once', () => {
  verifies('SEC-01');
  const { accesses, declare, who } = world({ auth: { keys: [key('a', '${LONG}', 'dev')] } });
  let told = 0;
  using _telling = accesses.subscribe(() => (told += 1));
  declare({ auth: { keys: [key('a', ['${LONG}', '${OTHER}'], 'dev')] } });
  expect([who(`Bearer ${LONG}`), who(`Bearer ${OTHER}`), told]).toEqual(['a', 'a', 1]);
  declare({ auth: { keys: [key('a', ['${LONG}', '${OTHER}'], 'dev')] } });
  expect(told).toBe(1);
  declare({ auth: { keys: [key('a', '${OTHER}', 'dev')] } });
  expect(who(`Bearer ${LONG}`)).toContain('invalid_token');
  declare({ auth: { keys: [] } });
  expect(accesses.byPrincipal('a')).toBeUndefined();
  expect(told).toBe(3);
});

test("only administrators may use Tutti's own tools, and nobody sees them in the catalog", () => {
  verifies('GW-20', 'SEC-02');
  const { accesses } = world({
    auth: { keys: [key('a', '${LONG}', 'dev'), key('r', '${OTHER}', 'admin')] },
    policies: [{ effect: 'allow', servers: ['*', 'tutti'] }],
  });
  const isDenied = (id: string): boolean =>
    accesses
      .byPrincipal(id)
      ?.rules.some(
        ({ effect, servers, tools = ['*'] }) =>
          effect === 'deny' && servers.includes('tutti') && !tools.includes('file_read'),
      ) === true;
  expect([isDenied('a'), isDenied('local'), isDenied('r'), isDenied('admin')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  for (const access of accesses.all())
    expect(accesses.catalogOf(access).rules[0]?.servers).toEqual(['tutti']);
});

test('secrets are kept out of logs', () => {
  verifies('SEC-01');
  const { redactor } = world({ auth: { keys: [key('a', '${LONG}')] } });
  expect(redactor.mask(`it was ${LONG}!`)).toBe('it was [secret]!');
});

test.each([
  ['a secret as it is', { keys: [{ name: 'a', secret: LONG }] }, 'does not stand in a declaration'],
  [
    'a default',
    { keys: [{ name: 'a', secret: '${A:-a-secret-that-stands-there}' }] },
    'nor does a default for it',
  ],
  ['an empty default', { keys: [{ name: 'a', secret: '${A:-}' }] }, 'write `${VAR}` alone'],
  [
    'text around',
    { keys: [{ name: 'a', secret: ['${A}', '${A}-and-a-literal-one'] }] },
    'write `${VAR}` alone',
  ],
  ['an escape', { keys: [{ name: 'a', secret: '$${a-literal-after-all}' }] }, 'write `${VAR}` alone'],
  ['half a hash', { keys: [{ name: 'a', secret: 'sha256:abc' }] }, 'does not stand in a declaration'],
  ['a name twice', { keys: [key('a', '${A}'), key('a', '${B}')] }, 'the name of another key'],
  ['the name of those without a key', { keys: [key('local', '${A}')] }, 'choose another'],
  ['no effect', undefined, 'effect'],
])('a declaration with %s is refused', (_, auth, told) => {
  verifies('SEC-01');
  const spec = auth === undefined ? { policies: [{ roles: ['a'] }] } : { auth };
  const { error } = gatewaySpecSchema.safeParse(spec);
  expect(JSON.stringify(error?.issues)).toContain(told);
  expect(String(error)).not.toContain(LONG);
});
