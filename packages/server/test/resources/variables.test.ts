import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mcpServerSpecSchema, type McpServerSpecInput } from '@tutti/schemas';
import { resolvedIssues } from '../../src/resources/resolved-issues.ts';
import { resolveVariables } from '../../src/resources/variables.ts';
import { verifies } from '../../../../test/verifies.ts';

type Values = Readonly<Record<string, string | undefined>>;

function resolve(input: McpServerSpecInput, environment: Values = {}, secrets: Values = {}) {
  return resolveVariables(mcpServerSpecSchema.parse(input), { environment, secrets });
}

function resolveArg(arg: string, environment: Values = {}) {
  const { spec, unresolved } = resolve({ command: 'x', args: [arg] }, environment);
  return unresolved.length > 0 ? unresolved : spec.args[0];
}

describe('a reference', () => {
  test.each<[string, Values, string | string[]]>([
    ['${A}', { A: 'x' }, 'x'],
    ['-${A}-${B}-', { A: 'x', B: 'y' }, '-x-y-'],
    ['${A}', { A: '' }, ''],
    ['${A:-d}', { A: '' }, ''],
    ['${A:-d}', {}, 'd'],
    ['${A:-}', {}, ''],
    ['${A:-a b/c:d}', {}, 'a b/c:d'],
    ['${A}', {}, ['A']],
    ['${B}${A}${B}', {}, ['A', 'B']],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$${', {}, '${'],
    ['$A $ {A} {A}', { A: 'x' }, '$A $ {A} {A}'],
    ['${A}', { A: '${B}', B: 'y' }, '${B}'],
    ['${A}', { A: '$&$1$$' }, '$&$1$$'],
    ['${', {}, ['${']],
    ['${}', {}, ['${}']],
    ['${a-b}', {}, ['${a-b}']],
    ['${A:-${B}}', { A: 'x', B: 'y' }, ['${A:-${B}']],
    ['${constructor}', {}, ['constructor']],
  ])('%s with %j gives %j', (arg, environment, expected) => {
    verifies('SRV-06');
    expect(resolveArg(arg, environment)).toEqual(expected);
  });

  test('is read in command, args, env, url and headers', () => {
    verifies('SRV-06');
    const local = resolve({ command: '${A}', args: ['${A}'], env: { E: '${A}' } }, { A: 'x' });
    expect(local.spec).toMatchObject({ command: 'x', args: ['x'], env: { E: 'x' } });
    const remote = resolve({ url: '${A}/mcp', headers: { H: 'Bearer ${T}' } }, { A: 'http://a', T: 't' });
    expect(remote.spec).toMatchObject({ url: 'http://a/mcp', headers: { H: 'Bearer t' } });
    expect([...remote.used]).toEqual([
      ['A', 'http://a'],
      ['T', 't'],
    ]);
  });
});

describe('the order', () => {
  test('a value that names itself reads the outer one; args read the resolved env', () => {
    verifies('SRV-06');
    const { spec, unresolved } = resolve(
      { command: 'x', args: ['--key', '${API_KEY}'], env: { API_KEY: '${API_KEY}', OTHER: '${MY_SECRET}' } },
      { API_KEY: 'outer', MY_SECRET: 's' },
    );
    expect(unresolved).toEqual([]);
    expect(spec).toMatchObject({ args: ['--key', 'outer'], env: { API_KEY: 'outer', OTHER: 's' } });
  });

  test('env is seen by args before the environment is, and its entries do not see each other', () => {
    verifies('SRV-06');
    const { spec, missing } = resolve(
      { command: 'x', args: ['${A}'], env: { A: 'inner', B: '${C}', C: 'c' } },
      { A: 'o' },
    );
    expect(spec.args).toEqual(['inner']);
    expect(missing).toEqual([{ name: 'C', field: ['env', 'B'] }]);
  });

  test('secrets come before the environment; an empty secret is a value', () => {
    verifies('SRV-06');
    const environment = { A: 'environment', B: 'environment' };
    expect(
      resolve({ command: 'x', args: ['${A}', '${B}'] }, environment, { A: 'secret', B: '' }).spec.args,
    ).toEqual(['secret', '']);
  });
});

test('unresolved names are listed once, sorted, with every field that uses them', () => {
  verifies('SRV-06');
  const { unresolved, missing } = resolve({ command: '${Z}', args: ['a', '${Z}'], env: { E: '${B}' } });
  expect(unresolved).toEqual(['B', 'Z']);
  expect(missing).toEqual([
    { name: 'B', field: ['env', 'E'] },
    { name: 'Z', field: ['command'] },
    { name: 'Z', field: ['args', 1] },
  ]);
});

test('what is resolved holds no reference, whatever the text', () => {
  verifies('SRV-06');
  const parts = fc.constantFrom('${A}', '${B:-d}', '$${', '$', '{', '}', '${', 'A', ':-', 'text', '\\');
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 12 }),
      fc.option(fc.constantFrom('', 'v'), { nil: undefined }),
      (list, a) => {
        const text = list.join('');
        const { spec, unresolved } = resolve({ command: 'x', args: [text] }, { A: a });
        if (unresolved.length > 0) return true;
        // Every `${` that is left stood there as `$${`.
        return (spec.args[0]?.split('${').length ?? 0) <= text.split('$${').length;
      },
    ),
    { numRuns: 2_000 },
  );
});

test('text without `${` stays as it is', () => {
  fc.assert(fc.property(fc.string(), (text) => text.includes('${') || resolveArg(text) === text));
});

test('what variables came to is checked, and never shown', () => {
  verifies('SRV-06', 'SRV-02');
  const { spec } = resolve(
    { url: '${U}', headers: { H: '${T}' } },
    { U: 'file:///etc/passwd', T: 'secret\nX: y' },
  );
  expect(resolvedIssues(spec)).toEqual([
    {
      path: ['url'],
      message: 'no `http://` or `https://` url once its variables are resolved; correct them',
    },
    { path: ['headers', 'H'], message: 'more than one line once its variables are resolved; correct them' },
  ]);
  expect(resolvedIssues(resolve({ command: '${C}', args: ['${N}'] }, { C: '', N: 'a\0b' }).spec)).toEqual([
    { path: ['command'], message: 'empty once its variables are resolved; set them' },
    { path: ['args', 0], message: 'holds a NUL character, which no process takes; remove it' },
  ]);
  expect(resolvedIssues(resolve({ command: 'x', args: ['a'] }).spec)).toEqual([]);
});
