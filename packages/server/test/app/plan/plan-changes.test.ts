// Plans as a table: what is declared, what runs, what changes, and what the plan says.

import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { MAX_COMPARED_VIEWS } from '../../../src/app/plan/principal-views.ts';
import { MAX_LISTED_TOOLS } from '../../../src/app/plan/view-change.ts';
import { document, FOLDER, openPlanWorld, type Files } from './plan-world.ts';

const stdio = (spec: object = {}): string => document('MCPServer', 'a', { command: 'serve', ...spec });
const remote = (spec: object = {}): string =>
  document('MCPServer', 'a', { url: 'https://example.com/mcp', ...spec });
const other = (spec: object = {}): string => document('MCPServer', 'b', { command: 'other', ...spec });
const secretOf = (name: string): string => `sha256:${hash('sha256', name)}`;
const gateway = (spec: object): string => document('Gateway', 'gateway', spec);

interface Case {
  readonly what: string;
  readonly before: Files;
  readonly after: Files;
  readonly variables?: Readonly<Record<string, string>>;
  /** `action name: reason` */
  readonly servers: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: 'nothing',
    before: { 'a.json': stdio() },
    after: { 'a.json': stdio() },
    servers: [],
  },
  {
    what: 'a file is written otherwise and says the same',
    before: { 'a.json': stdio({ timeout: '60s' }) },
    after: { 'a.json': null, 'moved.json': `\n${stdio({ timeout: '1m' })}` },
    servers: [],
  },
  {
    what: 'arguments and a limit: one restart, all fields',
    before: { 'a.json': stdio() },
    after: { 'a.json': stdio({ args: ['-x'], limits: { maxInFlight: 3 } }) },
    servers: ['restart a: `args` changed, which only a new start takes up'],
  },
  {
    what: 'a header',
    before: { 'a.json': remote({ headers: { Authorization: 'Bearer one' } }) },
    after: { 'a.json': remote({ headers: { Authorization: 'Bearer two' } }) },
    servers: ['restart a: `headers.Authorization` changed, which only a new start takes up'],
  },
  {
    what: 'another kind of server',
    before: { 'a.json': stdio() },
    after: { 'a.json': remote() },
    servers: ['restart a: `type`, `command`, `workdir`, `url` changed, which only a new start takes up'],
  },
  {
    what: 'a server that starts when it is needed',
    before: {},
    after: { 'a.json': stdio({ start: 'onDemand' }) },
    servers: [`add a: new in ${FOLDER}/a.json:1; it starts when it is needed (\`start: onDemand\`)`],
  },
  {
    what: 'a server that is suspended from the first',
    before: {},
    after: { 'a.json': stdio({ suspended: true }) },
    servers: [
      `add a: new in ${FOLDER}/a.json:1; a is suspended by its declaration; resume it with \`tutti resume a\``,
    ],
  },
  {
    what: 'a server whose variable has no value',
    before: {},
    after: { 'a.json': stdio({ args: ['${NONE}'] }) },
    servers: [
      `add a: new in ${FOLDER}/a.json:1; a needs variables that have no value: NONE; set them before Tutti starts`,
    ],
  },
  {
    what: 'a suspended server goes',
    before: { 'a.json': stdio({ suspended: true }) },
    after: { 'a.json': null },
    servers: ['remove a: it is not declared any more'],
  },
  {
    what: 'a suspended server comes back',
    before: { 'a.json': stdio({ suspended: true }) },
    after: { 'a.json': stdio() },
    servers: ['start a: `suspended` changed'],
  },
  {
    what: 'a suspended server changes',
    before: { 'a.json': stdio({ suspended: true }) },
    after: { 'a.json': stdio({ suspended: true, args: ['x'] }) },
    servers: ['update a: `args` changed; it does not run'],
  },
  {
    what: 'the holder of a port goes, so that the one that waited for it starts',
    before: {
      'a.json': remote({ url: undefined, type: 'http', command: 'x', httpPort: 9000 }),
      'b.json': other({ type: 'http', httpPort: 9000 }),
    },
    after: { 'a.json': null },
    servers: ['stop a: it is not declared any more', 'start b: what kept it from running is gone'],
  },
  {
    what: 'all are dialled by way of a proxy',
    before: { 'a.json': remote(), 'b.json': other() },
    after: { 'gateway.json': gateway({ upstreamProxy: 'http://127.0.0.1:9999' }) },
    servers: ['restart a: it is dialled by way of another proxy'],
  },
  {
    what: 'tools are held back until somebody approves them',
    before: { 'a.json': stdio() },
    after: { 'gateway.json': gateway({ pins: 'strict' }) },
    servers: ['update a: its tools are under the policy `pins: strict`; taken up while it runs'],
  },
  {
    what: 'two servers of one name: the first place counts',
    before: { 'b.json': stdio() },
    after: { 'a.json': stdio({ command: 'first' }) },
    servers: ['restart a: `command` changed, which only a new start takes up'],
  },
  {
    what: 'a file that went bad keeps its last good version',
    before: { 'a.json': stdio() },
    after: { 'a.json': stdio({ comand: 'x' }) },
    servers: [],
  },
];

test.each(CASES)('$what', async ({ before, after, variables, servers }) => {
  verifies('SRC-10', 'SRC-04');
  await using world = await openPlanWorld(before, variables);
  const was = world.inForce.snapshot();
  const plan = await world.plan(after);
  expect(plan.servers.map(({ action, name, reason }) => `${action} ${name}: ${reason}`)).toEqual(servers);
  expect(plan.changes).toBe(servers.length > 0 || plan.settings.length > 0);
  // It was all done on copies.
  expect(world.inForce.snapshot()).toBe(was);
  expect(await world.plan({})).toMatchObject({ changes: false, servers: [] });
});

test('values are shown where they can be no secret', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio({ env: { TOKEN: 'one' }, metadata: { n: 1 } }) });
  const { servers } = await world.plan({
    'a.json': stdio({
      env: { TOKEN: 'two' },
      metadata: { n: 2 },
      timeout: '90s',
      isolation: 'session',
      stopGrace: 5,
    }),
  });
  expect(servers[0]?.fields).toEqual([
    { field: 'env.TOKEN', restarts: true },
    { field: 'timeout', before: '30s', after: '90s', restarts: false },
    { field: 'metadata.n', restarts: false },
    { field: 'stopGrace', before: '10s', after: '5s', restarts: false },
    { field: 'isolation', before: 'shared', after: 'session', restarts: false },
  ]);
});

test('a retry that is due is no change', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio() });
  await world.fails('a', 'exit code 1');
  world.isLate(3_600_000);
  expect(await world.plan({ 'a.json': stdio({ timeout: '31s' }) })).toMatchObject({
    servers: [{ action: 'update', reason: '`timeout` changed; taken up while it runs' }],
  });
  expect(await world.plan({ 'a.json': stdio({ args: ['x'] }) })).toMatchObject({
    servers: [{ action: 'restart' }],
  });
});

test('what a Source brought goes with it, and what a new one brings is unknown', async () => {
  verifies('SRC-10');
  const source = (name: string, path: string): string =>
    document('Source', name, { git: { url: 'https://user:pass@example.com/x', path } });
  await using world = await openPlanWorld({ 'team.json': source('team', 'one') });
  const { readDocuments } = await import('../../../src/resources/read-documents.ts');
  const git = { source: 'team', commit: 'abc', path: 'one/a.json' };
  world.store.apply(
    new Map([['team:one/a.json', readDocuments('/checkouts/team/one/a.json', stdio(), { git })]]),
  );
  expect(await world.plan({ 'team.json': source('team', 'two') })).toMatchObject({
    servers: [],
    sources: [
      {
        name: 'team',
        change: 'changed',
        message: '`git.path` changed; what it declares is known once it is pulled',
      },
    ],
  });
  const gone = await world.plan({ 'team.json': null, 'new.json': source('new', '') });
  expect(gone).toMatchObject({
    sources: [
      { name: 'new', change: 'added' },
      { name: 'team', change: 'removed' },
    ],
    servers: [{ name: 'a', reason: 'it is not declared any more' }],
  });
  expect(JSON.stringify(gone)).not.toContain('pass');
});

test('settings: what counts at once, and what only after a start of Tutti', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio() });
  const { settings } = await world.plan({
    'gateway.json': gateway({ contextMode: 'search', limits: { maxStreams: 5, maxBodySize: 2_000_000 } }),
  });
  expect(settings).toEqual([
    { field: 'contextMode', before: 'auto', after: 'search', takesEffect: 'now' },
    expect.objectContaining({ field: 'limits.maxBodySize', takesEffect: 'at the next start of Tutti' }),
    expect.objectContaining({
      field: 'limits.maxStreams',
      after: '5',
      takesEffect: 'at the next start of Tutti',
    }),
  ]);
});

test('problems: those that the change brings, with their places', async () => {
  verifies('SRC-10', 'SRC-05');
  await using world = await openPlanWorld({ 'a.json': stdio({ port: 3001 }), 'old.json': stdio() });
  const { problems } = await world.plan({
    'b.json': other({ port: 3001 }),
    'none.json': document('Toolset', 'none', { servers: ['nobody'] }),
  });
  expect(problems.map(({ path, line, message }) => `${path}:${line}: ${message}`)).toEqual([
    `${FOLDER}/b.json:1: 3001 is the port of \`a\` (${FOLDER}/a.json:1) already; choose another one for \`b\``,
    expect.stringMatching(/none\.json:1: the toolset `none`: nothing that the servers show matches/),
  ]);
});

test('views: tools by whose they are, and lists that are cut say of how many', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio(), 'b.json': other() });
  const many = Array.from({ length: MAX_LISTED_TOOLS + 5 }, (_, index) => `tool${index}`);
  await world.shows('a', 'one', 'two');
  await world.shows('b', ...many);
  const { views } = await world.plan({
    'a.json': stdio({ toolPrefix: 'alpha', toolFilter: { mode: 'deny', patterns: ['two'] } }),
    'b.json': null,
  });
  const [view] = views;
  expect(view).toMatchObject({
    path: '/mcp',
    change: 'changed',
    added: [],
    moved: [{ before: 'a_one', name: 'alpha_one', server: 'a', tool: 'one' }],
    counts: { added: 0, removed: many.length + 1, changed: 0, moved: 1 },
    unknown: [],
  });
  expect(view?.removed).toHaveLength(MAX_LISTED_TOOLS);
});

test('families: who joins and who leaves', async () => {
  verifies('SRC-10');
  const family = { name: 'kind', instanceArg: 'which' };
  await using world = await openPlanWorld({ 'a.json': stdio({ family }), 'b.json': other() });
  await world.shows('a', 'get');
  await world.shows('b', 'get');
  const joined = await world.plan({ 'b.json': other({ family }) });
  expect(joined.families).toEqual([{ name: 'kind', change: 'changed', joined: ['b'], left: [] }]);
  expect(joined.views[0]).toMatchObject({
    added: [],
    removed: [{ name: 'b_get' }],
    changed: [{ name: 'kind_get', server: 'kind' }],
  });
  const left = await world.plan({ 'a.json': null });
  expect(left.families).toEqual([{ name: 'kind', change: 'removed', joined: [], left: ['a'] }]);
});

test('a name that another one holds is not given away', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio({ toolPrefix: 'same' }), 'b.json': other() });
  await world.shows('a', 'get');
  await world.shows('b', 'get');
  const { views } = await world.plan({ 'b.json': other({ toolPrefix: 'same' }) });
  expect(views[0]).toMatchObject({
    removed: [],
    moved: [{ before: 'b_get', name: expect.stringMatching(/^same_get_[a-z2-7]{8}$/) }],
  });
});

test('what a renamed server offers is known from its old name', async () => {
  verifies('SRC-10');
  await using world = await openPlanWorld({ 'a.json': stdio() });
  await world.shows('a', 'get');
  const renamed = document('MCPServer', 'new', { command: 'serve' });
  const plan = await world.plan({ 'a.json': null, 'new.json': renamed });
  expect(plan.servers).toMatchObject([
    { name: 'a', action: 'stop', reason: expect.stringContaining('`new` is the same command or url') },
    { name: 'new', action: 'start', toolsKnown: true },
  ]);
  expect(plan.views[0]).toMatchObject({
    added: [{ name: 'new_get' }],
    removed: [{ name: 'a_get' }],
    unknown: [],
  });
});

test('views of single keys: where policies, roles or keys make another change of it', async () => {
  verifies('SRC-10');
  const key = (name: string, ...roles: readonly string[]) => ({ name, secret: secretOf(name), roles });
  const settings = (keys: readonly object[], ...policies: readonly object[]): string =>
    gateway({ auth: { required: true, keys }, policies });
  const dev = { effect: 'deny', roles: ['dev'], servers: ['*'], tools: ['drop_*'] };
  const keys = [key('amy', 'dev'), key('bob', 'dev'), key('ops', 'ops')];
  const files = {
    'a.json': stdio(),
    'gateway.json': settings(keys, dev),
    'set.json': document('Toolset', 'set', { tools: [{ tool: '*_all' }], access: { roles: ['dev'] } }),
  };
  await using world = await openPlanWorld(files);
  await world.shows('a', 'drop_all', 'list_all', 'say');
  const ofKeys = async (changed: Files): Promise<readonly string[]> =>
    (await world.plan(changed)).views.flatMap(({ path, principals, change, added, removed }) =>
      principals === undefined
        ? []
        : [
            `${path} ${principals.join('+')} ${change}: ${[...added.map(({ tool }) => `+${tool}`), ...removed.map(({ tool }) => `-${tool}`)].join(' ')}`,
          ],
    );
  // What changes for all in the same way is told once.
  expect(await ofKeys({ 'a.json': stdio({ timeout: '5s' }) })).toEqual([]);
  // A policy that hides one tool more, and one that goes.
  const hidesSay = { ...dev, tools: ['drop_*', 'say'] };
  expect(await ofKeys({ 'gateway.json': settings(keys, hidesSay) })).toEqual(['/mcp amy+bob changed: -say']);
  expect(await ofKeys({ 'gateway.json': settings(keys) })).toEqual([
    '/mcp amy+bob changed: +drop_all',
    '/mcp/sets/set amy+bob changed: +drop_all',
  ]);
  // Another role, a key that goes and one that comes.
  const others = [key('amy', 'ops'), key('ops', 'ops'), key('new', 'dev')];
  expect(await ofKeys({ 'gateway.json': settings(others, dev) })).toEqual([
    '/mcp amy changed: +drop_all',
    '/mcp bob removed: -list_all -say',
    '/mcp new added: +list_all +say',
    '/mcp/sets/set amy+bob removed: -list_all',
    '/mcp/sets/set new added: +list_all',
  ]);
  // A server that goes: the keys miss just what they saw of it.
  expect(await ofKeys({ 'a.json': null })).toEqual([
    '/mcp amy+bob changed: -list_all -say',
    '/mcp/sets/set amy+bob changed: -list_all',
  ]);
});

test('groups of keys beyond the bound are named and not looked at', async () => {
  verifies('SRC-10');
  const names = Array.from(
    { length: MAX_COMPARED_VIEWS + 2 },
    (_, index) => `k${String(index).padStart(3, '0')}`,
  );
  const settings = (tool: string): string =>
    gateway({
      auth: { required: true, keys: names.map((name) => ({ name, secret: secretOf(name) })) },
      policies: names.map((name) => ({
        effect: 'deny',
        principals: [name],
        servers: ['*'],
        tools: [tool, name],
      })),
    });
  await using world = await openPlanWorld({ 'a.json': stdio(), 'gateway.json': settings('one') });
  await world.shows('a', 'one', 'two');
  const { views, unplannedPrincipals } = await world.plan({ 'gateway.json': settings('two') });
  expect(views.filter(({ principals }) => principals !== undefined)).toHaveLength(MAX_COMPARED_VIEWS);
  expect(unplannedPrincipals).toEqual(names.slice(-2));
});
