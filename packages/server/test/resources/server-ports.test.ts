import { mcpServerSpecSchema, type McpServerResource, type McpServerSpecInput } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { allotPorts, type PortRules } from '../../src/resources/server-ports.ts';
import { verifies } from '../../../../test/verifies.ts';

const DEFAULTS: PortRules = { from: 3_001, to: 3_010, reserved: [3_000] };

function server(name: string, spec: McpServerSpecInput, path = `/${name}.yaml`): McpServerResource {
  return {
    kind: 'MCPServer',
    name,
    labels: {},
    annotations: {},
    spec: mcpServerSpecSchema.parse({ command: 'x', ...spec }),
    origin: { kind: 'file', path, line: 7 },
    generation: 1,
  };
}

function allot(resources: readonly McpServerResource[], rules: Partial<PortRules> = {}) {
  const { holders, refused } = allotPorts(resources, { ...DEFAULTS, ...rules });
  return {
    held: Object.fromEntries([...holders].map(([port, { name }]) => [port, name])),
    refused: refused.map(({ resource, reason, message }) => `${resource.name} ${reason}: ${message}`),
    problems: refused.filter(({ isProblem }) => isProblem).map(({ resource }) => resource.name),
  };
}

test('every server gets the port that it declares, and one without a port gets none', () => {
  verifies('SRV-07');
  const servers = [server('a', { port: 3_001 }), server('b', { port: 3_010 }), server('c', {})];
  expect(allot(servers)).toEqual({ held: { 3001: 'a', 3010: 'b' }, refused: [], problems: [] });
});

test.each<[port: number, rules: Partial<PortRules>, message: string]>([
  [
    3_000,
    {},
    'a Reserved: 3000 is reserved; choose another one, or take it out of `ports.reserved` of the Gateway',
  ],
  [
    3_005,
    { reserved: [3_005] },
    'a Reserved: 3005 is reserved; choose another one, or take it out of `ports.reserved` of the Gateway',
  ],
  [
    3_011,
    {},
    'a OutOfRange: 3011 is not one of the ports 3001 to 3010; choose one of them, or change `ports` of the Gateway',
  ],
  [
    3_000,
    { reserved: [] },
    'a OutOfRange: 3000 is not one of the ports 3001 to 3010; choose one of them, or change `ports` of the Gateway',
  ],
  [3_005, { own: 3_005 }, 'a Reserved: 3005 is the port of Tutti itself; choose another one'],
])('%i with %j', (port, rules, message) => {
  verifies('SRV-07');
  expect(allot([server('a', { port })], rules)).toEqual({ held: {}, refused: [message], problems: ['a'] });
});

test('of two that want one port the first by its place has it, and both are named with both files', () => {
  verifies('SRV-07');
  const servers = [server('a', { port: 3_001 }, '/z.yaml'), server('b', { port: 3_001 }, '/b.yaml')];
  for (const some of [servers, servers.toReversed()]) {
    expect(allot(some)).toEqual({
      held: { 3001: 'b' },
      refused: ['a Conflict: 3001 is the port of `b` (/b.yaml:7) already; choose another one for `a`'],
      problems: ['a'],
    });
  }
});

test('a suspended server has its port when nobody else wants it, and gives way without being a problem', () => {
  verifies('SRV-07');
  const suspended = server('a', { port: 3_001, suspended: true });
  expect(allot([suspended])).toMatchObject({ held: { 3001: 'a' }, refused: [] });
  expect(allot([suspended, server('b', { port: 3_001 })])).toEqual({
    held: { 3001: 'b' },
    refused: ['a Conflict: 3001 is the port of `b` (/b.yaml:7) already; choose another one for `a`'],
    problems: [],
  });
});

test('a port that a command listens on itself is no port for another server, nor for its own', () => {
  verifies('SRV-07');
  const wrapper = { type: 'http', httpPort: 3_001 } as const;
  const message = '3001 is the httpPort of `w` (/w.yaml:7); choose another one for';
  expect(allot([server('a', { port: 3_001 }), server('w', wrapper)])).toEqual({
    held: {},
    refused: [`a Conflict: ${message} \`a\``],
    problems: ['a'],
  });
  expect(allot([server('w', { ...wrapper, port: 3_001 })]).refused).toEqual([`w Conflict: ${message} \`w\``]);
  expect(allot([server('a', { port: 3_001 }), server('w', { ...wrapper, suspended: true })]).held).toEqual({
    3001: 'a',
  });
});

test('no port is opened to others where nothing authenticates them', () => {
  verifies('SRV-07');
  const { held, refused } = allot([server('a', { port: 3_001 })], { exposedHost: '0.0.0.0' });
  expect(held).toEqual({});
  expect(refused).toEqual([
    expect.stringMatching(/^a Exposed: 0\.0\.0\.0 can be reached by others.*--insecure-open$/),
  ]);
});
