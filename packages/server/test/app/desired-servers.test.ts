import { expect, test } from 'vitest';
import { mcpServerSpecSchema, type McpServerResource, type McpServerSpecInput } from '@tutti/schemas';
import { createLaunchableServers } from '../../src/app/desired-servers.ts';
import { formatProblem } from '../../src/resources/problem.ts';
import { createResourceStore } from '../../src/resources/store.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';
import { verifies } from '../../../../test/verifies.ts';

function open() {
  const store = createResourceStore();
  const servers = createLaunchableServers({ store, environment: {}, redactor: createRedactor() });
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
