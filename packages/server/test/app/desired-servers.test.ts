import { expect, test } from 'vitest';
import {
  mcpServerSpecSchema,
  sourceSpecSchema,
  type McpServerResource,
  type McpServerSpecInput,
  type Origin,
} from '@tutti/schemas';
import { createAllowedEnvironment } from '../../src/app/allowed-environment.ts';
import { createLaunchableServers } from '../../src/app/desired-servers.ts';
import { formatProblem } from '../../src/resources/problem.ts';
import { createResourceStore } from '../../src/resources/store.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';
import { verifies } from '../../../../test/verifies.ts';

function open() {
  const store = createResourceStore();
  const nothing = {};
  const environmentOf = () => nothing;
  const servers = createLaunchableServers({ store, environmentOf, redactor: createRedactor() });
  const told: string[] = [];
  servers.watch((name) => told.push(name));
  return {
    servers,
    told,
    declare(path: string, name: string, spec: McpServerSpecInput): void {
      const resource: McpServerResource = {
        kind: 'MCPServer',
        name,
        labels: {},
        annotations: {},
        spec: mcpServerSpecSchema.parse({ command: 'x', ...spec }),
        origin: { kind: 'file', path, line: 1 },
        generation: 1,
      };
      store.apply(new Map([[path, { servers: [resource], problems: [], broken: new Set<string>() }]]));
    },
    conflict: (name: string) => servers.get(name)?.conflict,
    problems: () => servers.problems().map((problem) => formatProblem(problem)),
  };
}

test('of two that want one port the first has it, and the other says who', () => {
  verifies('SUP-03');
  const opened = open();
  opened.declare('/b.yaml', 'alpha', { httpPort: 7411 });
  opened.declare('/a.yaml', 'beta', { httpPort: 7411 });
  expect(opened.conflict('beta')).toBeUndefined();
  expect(opened.conflict('alpha')).toBe(
    'httpPort: 7411 is the port of `beta` (/a.yaml:1) already; choose another one for `alpha`',
  );
  expect(opened.problems()).toEqual([
    '/b.yaml:1:1: httpPort: 7411 is the port of `beta` (/a.yaml:1) already; choose another one for `alpha`',
  ]);
});

test('a port that is given up is news for the one that waits for it', () => {
  const opened = open();
  opened.declare('/a.yaml', 'alpha', { httpPort: 7411 });
  opened.declare('/b.yaml', 'beta', { httpPort: 7411 });
  opened.told.length = 0;
  opened.declare('/a.yaml', 'alpha', { httpPort: 7411, suspended: true });
  expect(opened.told.toSorted()).toEqual(['alpha', 'beta']);
  expect(opened.conflict('beta')).toBeUndefined();
  expect(opened.problems()).toEqual([]);
});

test('servers of a repository see what their Source allows; a change of that is news for them', () => {
  verifies('SRV-06');
  const store = createResourceStore();
  const environment = { ALLOWED: 'yes', KEPT_BACK: 'secret' };
  const environmentOf = createAllowedEnvironment({
    environment,
    sources: () => store.sources(),
    gateway: () => store.gateway(),
  });
  const servers = createLaunchableServers({ store, environmentOf, redactor: createRedactor() });
  const told: string[] = [];
  servers.watch((name) => told.push(name));
  const allow = (...envAllow: string[]): void => {
    const spec = sourceSpecSchema.parse({ git: { url: 'https://example.com/x', envAllow } });
    const origin = { kind: 'file', path: '/tutti.yaml', line: 1 } as const;
    const sources = [{ kind: 'Source' as const, name: 'team', labels: {}, annotations: {}, spec, origin }];
    store.apply(
      new Map([['/tutti.yaml', { servers: [], problems: [], broken: new Set<string>(), sources }]]),
    );
  };
  const declare = (name: string, origin: Origin): void => {
    const env = { A: '${ALLOWED}', B: '${KEPT_BACK}' };
    const resource: McpServerResource = {
      kind: 'MCPServer',
      name,
      labels: {},
      annotations: {},
      spec: mcpServerSpecSchema.parse({ command: 'x', env }),
      origin,
      generation: 1,
    };
    store.apply(new Map([[name, { servers: [resource], problems: [], broken: new Set<string>() }]]));
  };
  const ofGit = { kind: 'git', commit: 'c0ffee', path: 'a.json', line: 2 } as const;
  allow('ALLOWED', 'NOT_SET');
  declare('team', { ...ofGit, source: 'team' });
  declare('stranger', { ...ofGit, source: 'unknown' });
  declare('local', { kind: 'file', path: '/local.json', line: 1 });
  expect(servers.get('team')).toMatchObject({ unresolved: ['KEPT_BACK'], spec: { env: { A: 'yes' } } });
  expect(servers.get('stranger')?.unresolved).toEqual(['ALLOWED', 'KEPT_BACK']);
  expect(servers.get('local')).toMatchObject({ unresolved: [], spec: { env: { B: 'secret' } } });
  expect(servers.problems()[0]).toMatchObject({
    path: 'unknown:a.json',
    line: 2,
    message: expect.stringContaining('add it to `envAllow` of that Source'),
  });
  told.length = 0;
  allow('ALLOWED', 'KEPT_BACK');
  expect(told).toEqual(['team']);
  expect(servers.get('team')).toMatchObject({ unresolved: [], spec: { env: { B: 'secret' } } });
  told.length = 0;
  allow('ALLOWED', 'KEPT_BACK');
  expect(told).toEqual([]);
});
