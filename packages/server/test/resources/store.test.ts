import { expect, test } from 'vitest';
import {
  DEFAULT_GATEWAY_SETTINGS,
  gatewaySpecSchema,
  mcpServerSpecSchema,
  sourceSpecSchema,
  type GatewayResource,
  type McpServerResource,
  type McpServerSpecInput,
  type SourceResource,
} from '@tutti/schemas';
import { digestOf, specDigest } from '../../src/resources/digest.ts';
import type { Problem } from '../../src/resources/problem.ts';
import { createResourceStore, type ScopeContent } from '../../src/resources/store.ts';
import type { Suspension } from '../../src/resources/suspension.ts';
import { verifies } from '../../../../test/verifies.ts';

function server(name: string, path: string, command = 'x', line = 1): McpServerResource {
  return {
    kind: 'MCPServer',
    name,
    labels: {},
    annotations: {},
    spec: mcpServerSpecSchema.parse({ command }),
    origin: { kind: 'file', path, line },
    generation: 1,
  };
}

function gateway(toolPrefix: string, path: string, line = 1): GatewayResource {
  return {
    kind: 'Gateway',
    spec: gatewaySpecSchema.parse({ toolPrefix }),
    origin: { kind: 'file', path, line },
  };
}

function content(
  servers: McpServerResource[],
  broken: ScopeContent['broken'] = new Set(),
  problems: Problem[] = [],
) {
  return { servers, broken, problems };
}

function error(path: string, message = 'broken'): Problem {
  return { path, line: 3, column: 1, message, severity: 'error' };
}

function watched() {
  const store = createResourceStore();
  const told: (readonly string[])[] = [];
  const watch = store.watch((names) => told.push(names));
  const put = (path: string, next: ScopeContent | null) => store.apply(new Map([[path, next]]));
  return { store, told, watch, put };
}

test('what is declared is listed by name; a change is told by name', () => {
  const { store, told, watch, put } = watched();
  put('/b', content([server('b', '/b'), server('a', '/b')]));
  expect(store.list().map(({ resource }) => resource.name)).toEqual(['a', 'b']);
  expect(told).toEqual([['a', 'b']]);
  put('/b', content([server('a', '/b', 'y')]));
  expect(told[1]).toEqual(['a', 'b']);
  expect(store.get('a')?.resource).toMatchObject({ generation: 2, spec: { command: 'y' } });
  expect(store.get('b')).toBeUndefined();
  watch[Symbol.dispose]();
  put('/b', null);
  expect(store.list()).toEqual([]);
  expect(told).toHaveLength(2);
});

test('only what changed is told, and only a new spec is a new generation', () => {
  const { store, told, put } = watched();
  put('/a', content([server('a', '/a'), server('b', '/a')]));
  put('/a', content([server('a', '/a'), server('b', '/a')]));
  put('/a', content([server('a', '/a'), server('b', '/a', 'x', 9)]));
  expect(told).toEqual([['a', 'b'], [], ['b']]);
  expect(store.get('b')?.resource).toMatchObject({ generation: 1, origin: { line: 9 } });
});

test('a server that went bad keeps its last good version, with the reason, until it is good or gone', () => {
  verifies('SRC-05');
  const { store, put } = watched();
  put('/a', content([server('a', '/a'), server('b', '/a'), server('c', '/a')]));
  put(
    '/a',
    content([server('b', '/a', 'y')], new Set(['a']), [error('/a'), { ...error('/a'), severity: 'warning' }]),
  );
  expect(store.get('a')).toMatchObject({ resource: { spec: { command: 'x' } }, problems: [error('/a')] });
  expect(store.get('b')).toMatchObject({ resource: { spec: { command: 'y' }, generation: 2 }, problems: [] });
  expect(store.get('c')).toBeUndefined();
  put('/a', content([], 'all', [error('/a', 'unreadable')]));
  expect(store.list().map(({ resource }) => resource.name)).toEqual(['a', 'b']);
  expect(store.problems()).toEqual([error('/a', 'unreadable')]);
  put('/a', content([server('a', '/a')]));
  expect(store.get('a')).toMatchObject({ resource: { generation: 1 }, problems: [] });
  expect(store.get('b')).toBeUndefined();
  expect(store.problems()).toEqual([]);
});

test('of two declarations of a name the first by path is in force, and the refusal names both places', () => {
  verifies('SRC-05', 'SRV-01');
  const { store, told, put } = watched();
  put('/b.yaml', content([server('a', '/b.yaml', 'from-b', 7)]));
  put('/a.yaml', content([server('a', '/a.yaml', 'from-a', 2)]));
  expect(store.get('a')?.resource).toMatchObject({ generation: 2, spec: { command: 'from-a' } });
  expect(store.problems()).toEqual([
    {
      path: '/b.yaml',
      line: 7,
      column: 1,
      message: '`a` is declared in /a.yaml:2 already; rename one of them or remove this one',
      severity: 'error',
    },
  ]);
  put('/a.yaml', null);
  expect(store.get('a')?.resource).toMatchObject({ generation: 3, spec: { command: 'from-b' } });
  expect(store.problems()).toEqual([]);
  expect(told).toEqual([['a'], ['a'], ['a']]);
});

test('a server that moves between files in one change is never away', () => {
  const { store, put } = watched();
  put('/b', content([server('a', '/b')]));
  const seen: (string | undefined)[] = [];
  store.watch(() => seen.push(store.get('a')?.resource.origin.path));
  store.apply(
    new Map([
      ['/b', null],
      ['/a', content([server('a', '/a')])],
    ]),
  );
  expect(seen).toEqual(['/a']);
  expect(store.get('a')?.resource.generation).toBe(1);
});

test('settings have defaults, are told of when they change, and go with their document', () => {
  verifies('GW-07', 'SES-04', 'CAT-01');
  const { store, told, put } = watched();
  expect(store.settings()).toBe(DEFAULT_GATEWAY_SETTINGS);
  put('/a', { ...content([]), gateway: gateway('x_', '/a') });
  const settings = store.settings();
  expect(settings.toolPrefix).toBe('x_');
  put('/a', { ...content([server('a', '/a')]), gateway: gateway('x_', '/a', 9) });
  expect(store.settings()).toBe(settings);
  put('/a', content([server('a', '/a')]));
  expect(store.settings()).toEqual(DEFAULT_GATEWAY_SETTINGS);
  expect(told).toEqual([[], ['a'], []]);
});

test('a Gateway that went bad keeps its last good settings until it is good or gone', () => {
  verifies('SRC-05', 'GW-07');
  const { store, put } = watched();
  put('/a', { ...content([]), gateway: gateway('x_', '/a') });
  put('/a', { ...content([], new Set(), [error('/a')]), gateway: 'broken' });
  expect(store.settings().toolPrefix).toBe('x_');
  expect(store.problems()).toEqual([error('/a')]);
  put('/a', content([], 'all', [error('/a', 'unreadable')]));
  expect(store.settings().toolPrefix).toBe('x_');
  put('/a', { ...content([]), gateway: gateway('y_', '/a') });
  expect(store.settings().toolPrefix).toBe('y_');
  put('/a', null);
  expect(store.settings().toolPrefix).toBe('');
});

test('of two Gateways the first by path is in force, and the refusal names both places', () => {
  verifies('SRC-05', 'GW-07');
  const { store, put } = watched();
  put('/b.yaml', { ...content([]), gateway: gateway('b_', '/b.yaml', 7) });
  put('/a.yaml', { ...content([]), gateway: gateway('a_', '/a.yaml', 2) });
  expect(store.settings().toolPrefix).toBe('a_');
  expect(store.problems()).toEqual([
    {
      path: '/b.yaml',
      line: 7,
      column: 1,
      message: 'a Gateway is declared in /a.yaml:2 already, and there is one at most; merge them',
      severity: 'error',
    },
  ]);
  put('/a.yaml', null);
  expect(store.settings().toolPrefix).toBe('b_');
  expect(store.problems()).toEqual([]);
});

const fromGit = (path: string, line = 1) =>
  ({ kind: 'git', source: 'team', commit: 'c0ffee', path, line }) as const;

test('git goes before files whichever comes first; the loser is shadowed and takes over when it may', () => {
  verifies('SRC-02', 'SRC-05');
  const { store, put } = watched();
  put('/a', { ...content([server('a', '/a', 'from-file', 2)]), gateway: gateway('file_', '/a') });
  const shadowing = { ...server('a', '', 'from-git'), origin: fromGit('z.yaml', 7) };
  put('team:z.yaml', {
    ...content([shadowing]),
    gateway: { ...gateway('git_', ''), origin: fromGit('z.yaml', 1) },
  });
  expect(store.get('a')?.resource.spec.command).toBe('from-git');
  expect(store.settings().toolPrefix).toBe('git_');
  expect(store.problems()).toEqual([
    {
      path: '/a',
      line: 1,
      column: 1,
      message:
        'a Gateway is shadowed by team:z.yaml:1, because git goes before what files declare, and there is one at most; merge them',
      severity: 'error',
    },
    {
      path: '/a',
      line: 2,
      column: 1,
      message:
        '`a` is shadowed by team:z.yaml:7, because git goes before what files declare; rename one of them or remove this one',
      severity: 'error',
    },
  ]);
  put('team:z.yaml', null);
  expect(store.get('a')?.resource.spec.command).toBe('from-file');
  expect(store.problems()).toEqual([]);
});

function source(name: string, path: string, url = 'https://example.com/x'): SourceResource {
  const spec = sourceSpecSchema.parse({ git: { url } });
  return { kind: 'Source', name, labels: {}, annotations: {}, spec, origin: { kind: 'file', path, line: 1 } };
}

test('Sources: the first of a name, its last good version, and gone with its document', () => {
  verifies('SRC-02', 'SRC-05');
  const { store, told, put } = watched();
  const declared = (...sources: SourceResource[]) => ({
    ...content([]),
    sources,
  });
  const names = () => store.sources().map(({ name, origin }) => `${name} ${origin.path}`);
  put('/b', declared(source('team', '/b'), source('other', '/b')));
  put('/a', declared(source('team', '/a')));
  expect(names()).toEqual(['other /b', 'team /a']);
  expect(store.problems()).toEqual([
    expect.objectContaining({ path: '/b', message: expect.stringContaining('declared in /a:1 already') }),
  ]);
  put('/a', {
    ...content([], new Set(), [error('/a')]),
    brokenSources: new Set(['team']),
  });
  put('/b', content([], 'all', [error('/b')]));
  expect(names()).toEqual(['other /b', 'team /a']);
  put('/a', content([]));
  put('/b', declared(source('other', '/b')));
  expect(names()).toEqual(['other /b']);
  put('/b', null);
  expect(names()).toEqual([]);
  expect(told.flat()).toEqual([]);
});

test('a digest does not depend on the order of members, and does on everything else', () => {
  expect(digestOf({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(digestOf({ b: { c: [1, 2] }, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  expect(digestOf('1')).not.toBe(digestOf(1));
  expect(specDigest(server('a', '/a').spec)).not.toBe(specDigest(server('a', '/a', 'y').spec));
});

const BY_ANN: Suspension = {
  suspended: true,
  declared: false,
  origin: 'file',
  place: 'override',
  by: 'ann',
  sinceMs: 1,
};

function suspendable(spec: McpServerSpecInput = {}, origin?: McpServerResource['origin']): McpServerResource {
  const resource = server('a', '/a');
  return {
    ...resource,
    spec: mcpServerSpecSchema.parse({ command: 'x', ...spec }),
    origin: origin ?? resource.origin,
  };
}

test('a suspension counts until the declaration changes in that point', () => {
  verifies('SRC-06', 'SRV-10');
  const { store, told, put } = watched();
  put('/a', content([suspendable()]));
  store.setSuspensions(new Map([['a', BY_ANN]]));
  expect(store.get('a')).toMatchObject({
    resource: { spec: { suspended: true }, generation: 2 },
    suspension: { by: 'ann' },
  });
  expect(told).toEqual([['a'], ['a']]);
  put('/a', content([suspendable({ description: 'another' })]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: true, description: 'another' } } });
  // What it says itself is what counts from then on, and coming back does not revive what was.
  put('/a', content([suspendable({ suspended: true })]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: true } } });
  expect(store.get('a')).not.toHaveProperty('suspension');
  expect(store.suspensions().size).toBe(0);
  put('/a', content([suspendable()]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: false } } });
});

test('a suspension that the declaration repeats says who, and ends with it', () => {
  verifies('SRC-06');
  const { store, put } = watched();
  put('/a', content([suspendable({ suspended: true })]));
  store.setSuspensions(new Map([['a', { ...BY_ANN, place: 'declaration' }]]));
  expect(store.get('a')).toMatchObject({ resource: { generation: 1 }, suspension: { by: 'ann' } });
  put('/a', content([suspendable()]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: false } } });
  expect(store.suspensions().size).toBe(0);
});

test('a suspension is of one origin, sleeps while another declares the name, and outlives its absence', () => {
  verifies('SRC-06');
  const { store, put } = watched();
  store.setSuspensions(new Map([['a', BY_ANN]]));
  const git = { kind: 'git', source: 'team', commit: 'c', path: 'a.json', line: 1 } as const;
  put('git', content([suspendable({}, git)]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: false } } });
  put('git', null);
  put('/a', content([suspendable()]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { suspended: true } } });
});

test('what came over the API comes after everything else', () => {
  verifies('SRC-06');
  const { store, put } = watched();
  const api = { kind: 'api', path: 'api:MCPServer/a', line: 1, by: 'ann' } as const;
  put('api:MCPServer/a', content([suspendable({ description: 'api' }, api)]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { description: 'api' } } });
  put('/a', content([suspendable({ description: 'file' })]));
  expect(store.get('a')).toMatchObject({ resource: { spec: { description: 'file' } } });
  expect(store.problems()).toMatchObject([
    {
      path: 'api:MCPServer/a',
      message:
        '`a` is shadowed by /a:1, because what files declare goes before what was declared over the API; rename one of them or remove this one',
    },
  ]);
});
