// What is declared while Tutti runs: in force at once, all of it or nothing, kept whatever happens, and only what has no
// other home.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiAppliedSchema, ApiProblemListSchema } from '@tutti/schemas';
import { expect, onTestFinished, test } from 'vitest';
import { faulty } from '../faults/support/declared.ts';
import { statusOf } from '../faults/support/observe.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { document, isGone, pidOf, resourcesOf, tutti, tuttiWith } from './control-world.ts';

const SLOW = { timeout: 180_000 };

const start = (folder?: string): Promise<Gateway> =>
  startGateway({
    ...(folder !== undefined && { folder }),
    files: { 'tutti.yaml': document('filed') },
    waitFor: ['filed'],
    env: { ALLOWED: 'yes', KEPT_BACK: 'secret' },
  });

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-control-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const names = async (gateway: Gateway): Promise<readonly string[]> =>
  (await gateway.servers()).map(({ name }) => name);

test('declared, changed, deleted: at once, and nothing else is touched', SLOW, async () => {
  verifies('SRC-06', 'SRV-14', 'OPS-05');
  await using gateway = await start();
  const filed = await pidOf(gateway, 'filed');
  const file = join(gateway.folder, 'new.yaml');
  const set = 'apiVersion: tutti.dev/v1alpha1\nkind: Toolset\nmetadata: { name: both }\nspec: {}\n';
  await writeFile(file, [document('one'), document('two'), set].join('---\n'));
  expect(await tutti(gateway, 'apply', '-f', 'new.yaml')).toEqual({
    exitCode: 0,
    stdout: 'mcpserver/one created\nmcpserver/two created\ntoolset/both created\n',
    stderr: '',
  });
  // The very next status knows them, and they are on their way.
  expect(await names(gateway)).toEqual(['filed', 'one', 'two']);
  expect((await statusOf(gateway, 'one')).state).toMatch(/^(Starting|Running)$/);
  const [one, two] = [
    (await serverReady(gateway, 'one')).status.pid,
    (await serverReady(gateway, 'two')).status.pid,
  ];

  await writeFile(
    file,
    [document('one', faulty({ env: { MORE: '1' } })), document('two'), set].join('---\n'),
  );
  const again = await tutti(gateway, 'apply', '-f', 'new.yaml', '-o', 'json');
  expect(ApiAppliedSchema.parse(JSON.parse(again.stdout))).toEqual({
    items: [
      { kind: 'MCPServer', name: 'one', change: 'changed' },
      { kind: 'MCPServer', name: 'two', change: 'unchanged' },
      { kind: 'Toolset', name: 'both', change: 'unchanged' },
    ],
    warnings: [],
  });
  await isGone(one ?? 0);
  await serverReady(gateway, 'one');
  expect([await pidOf(gateway, 'filed'), await pidOf(gateway, 'two')]).toEqual([filed, two]);
  expect(await resourcesOf(gateway)).toMatchObject([
    { kind: 'MCPServer', name: 'filed', origin: { source: 'file' }, state: 'InForce' },
    { kind: 'MCPServer', name: 'one', origin: { source: 'api', by: 'admin' }, state: 'InForce' },
    { kind: 'MCPServer', name: 'two', origin: { source: 'api', by: 'admin' }, state: 'InForce' },
    { kind: 'Toolset', name: 'both', origin: { source: 'api' }, state: 'InForce' },
  ]);

  expect(await tutti(gateway, 'delete', 'server', 'two')).toMatchObject({
    exitCode: 0,
    stdout: 'mcpserver/two deleted\n',
  });
  expect(await names(gateway)).toEqual(['filed', 'one']);
  await isGone(two ?? 0);
  expect((await tutti(gateway, 'delete', 'toolset', 'both')).exitCode).toBe(0);
  expect((await tutti(gateway, 'delete', 'server', 'two')).exitCode).toBe(3);
  expect(await pidOf(gateway, 'filed')).toBe(filed);
});

test('what files declare is refused with its place; a file that comes later goes first', SLOW, async () => {
  verifies('SRC-06');
  const folder = await temporaryFolder();
  await using gateway = await start(folder);
  const filed = await pidOf(gateway, 'filed');
  const place = `${join(gateway.configPath, 'tutti.yaml')}:1`;
  // All or nothing: the new one does not come either.
  expect(
    await tuttiWith(gateway, `${document('fresh')}---\n${document('filed')}`, 'apply', '-f', '-'),
  ).toEqual({
    exitCode: 4,
    stdout: '',
    stderr: `error: MCPServer \`filed\` is declared in ${place}; change it there, or choose another name\n`,
  });
  expect(await names(gateway)).toEqual(['filed']);
  expect(await tutti(gateway, 'delete', 'server', 'filed')).toEqual({
    exitCode: 4,
    stdout: '',
    stderr: `error: MCPServer \`filed\` is declared in ${place}; delete it there\n`,
  });

  await tuttiWith(gateway, document('later', faulty({ description: 'of the API' })), 'apply', '-f', '-');
  await serverReady(gateway, 'later');
  await writeFile(
    join(gateway.configPath, 'tutti.yaml'),
    `${document('filed')}---\n${document('later', faulty({ description: 'of the file' }))}`,
  );
  await tutti(gateway, 'reload');
  const shadowed = (await resourcesOf(gateway)).filter(({ name }) => name === 'later');
  expect(shadowed).toMatchObject([
    { state: 'InForce', origin: { source: 'file' } },
    { state: 'Shadowed', origin: { source: 'api' }, message: expect.stringContaining(`tutti.yaml:6`) },
  ]);
  const problems = await (await fetch(`${gateway.url}/api/v1/problems`)).json();
  expect(ApiProblemListSchema.parse(problems).items).toMatchObject([
    {
      path: 'api:MCPServer/later',
      message: expect.stringContaining(
        'because what files declare goes before what was declared over the API',
      ),
    },
  ]);
  // It is still there, to come back when the file goes.
  await writeFile(join(gateway.configPath, 'tutti.yaml'), document('filed'));
  await tutti(gateway, 'reload');
  expect((await gateway.servers()).map(({ name, description }) => [name, description])).toEqual([
    ['filed', undefined],
    ['later', 'of the API'],
  ]);
  expect(await pidOf(gateway, 'filed')).toBe(filed);
});

test('bad documents: each with its line, and none of them takes effect', SLOW, async () => {
  verifies('SRC-06', 'SRC-05', 'OPS-05');
  await using gateway = await start();
  const gatewayDocument =
    'apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: { name: gateway }\nspec: {}\n';
  const bad = `${document('good')}---\n${document('bad', { comand: 'x' })}---\n${gatewayDocument}`;
  const { exitCode, stdout, stderr } = await tuttiWith(gateway, bad, 'apply', '-f', '-');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    'error: -:9:8: spec.comand: not a known field; did you mean `command`?',
    '-:11:1: a Gateway is not taken over the API; declare it in the files of the machine',
    '',
  ]);
  expect(await names(gateway)).toEqual(['filed']);
  const dry = await tuttiWith(gateway, bad, 'apply', '--dry-run', '-f', '-');
  expect({ exitCode: dry.exitCode, lines: dry.stdout.split('\n').length }).toEqual({ exitCode: 2, lines: 3 });
  const owned = await tuttiWith(gateway, document('filed'), 'apply', '--dry-run', '-f', '-');
  expect(owned.stdout).toMatch(
    /^-:3:13: metadata\.name: MCPServer `filed` is declared in \S+tutti\.yaml:1; /,
  );
  const fine = await tuttiWith(gateway, document('good'), 'apply', '--dry-run', '-f', '-');
  expect(fine).toMatchObject({ exitCode: 0, stdout: 'Nothing is wrong with it.\n' });
  expect(await names(gateway)).toEqual(['filed']);
  expect((await tutti(gateway, 'apply', '-f', 'not-there.yaml')).exitCode).toBe(1);

  // Nothing of Tutti's environment but what a file allows.
  const curious = document('curious', faulty({ env: { A: '${ALLOWED}', B: '${KEPT_BACK}' } }));
  expect((await tuttiWith(gateway, curious, 'apply', '-f', '-')).exitCode).toBe(0);
  expect(await statusOf(gateway, 'curious')).toMatchObject({
    state: 'Blocked',
    reason: expect.stringContaining('ALLOWED, KEPT_BACK'),
  });
  await writeFile(
    join(gateway.configPath, 'tutti.yaml'),
    `${document('filed')}---\n${gatewayDocument.replace('{}', '{ apiEnvAllow: [ALLOWED] }')}`,
  );
  await tutti(gateway, 'reload');
  const { reason } = await statusOf(gateway, 'curious');
  expect(reason).toContain('KEPT_BACK');
  expect(reason).not.toContain('ALLOWED');
});

test('nothing that was acknowledged is lost by a kill, and two at once are both there', SLOW, async () => {
  verifies('SRC-06', 'OPS-02');
  const folder = await temporaryFolder();
  let gateway = await start(folder);
  for (let round = 0; round < 3; round++) {
    const made = [`a${round}`, `b${round}`];
    const answers = await Promise.all(
      made.map((name) =>
        tuttiWith(gateway, document(name, { url: 'http://127.0.0.1:9/mcp' }), 'apply', '-f', '-'),
      ),
    );
    expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect((await tutti(gateway, 'suspend', `a${round}`)).exitCode).toBe(0);
    gateway.process.child.kill('SIGKILL');
    await gateway.process.ended;
    await gateway.close();
    gateway = await start(folder);
    expect(await names(gateway)).toEqual(expect.arrayContaining(made));
    expect((await statusOf(gateway, `a${round}`)).reason).toContain('is suspended by admin');
  }
  // Two that say different things of one name: one of them, whole.
  const both = await Promise.all(
    ['first', 'second'].map((description) =>
      tuttiWith(
        gateway,
        document('same', { url: 'http://127.0.0.1:9/mcp', description }),
        'apply',
        '-f',
        '-',
      ),
    ),
  );
  expect(both.map(({ stdout }) => stdout).toSorted()).toEqual([
    'mcpserver/same changed\n',
    'mcpserver/same created\n',
  ]);
  const last = both[0]?.stdout.includes('changed') === true ? 'first' : 'second';
  expect((await gateway.servers()).find(({ name }) => name === 'same')?.description).toBe(last);
  await gateway.close();
});

test('an instance with nothing but a server that can not run starts again', SLOW, async () => {
  verifies('SRC-06');
  const folder = await temporaryFolder();
  const first = await startGateway({ folder, files: {} });
  const blocked = document('blocked', faulty({ env: { A: '${NOT_ALLOWED}' } }));
  expect((await tuttiWith(first, blocked, 'apply', '-f', '-')).exitCode).toBe(0);
  await first.close();
  await using second = await startGateway({ folder });
  expect(await statusOf(second, 'blocked')).toMatchObject({
    state: 'Blocked',
    reason: expect.stringContaining('NOT_ALLOWED'),
  });
  const { items } = ApiProblemListSchema.parse(await (await fetch(`${second.url}/api/v1/problems`)).json());
  expect(items).toMatchObject([
    {
      path: 'api:MCPServer/blocked',
      message: expect.stringContaining('add it to `apiEnvAllow` of a Gateway'),
    },
  ]);
});
