// Servers taken out of service and back into it while Tutti runs: at once, over restarts, in the words of what declares
// them, and without touching anything else.

import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { faulty } from '../faults/support/declared.ts';
import { inState, statusOf } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway } from '../support/gateway.ts';
import { createGitRepository } from '../support/git-repository.ts';
import { verifies } from '../verifies.ts';
import { document, eventsOf, isGone, pidOf, resourcesOf, textOf, tutti, tuttiWith } from './control-world.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const SLOW = { timeout: 180_000 };

const PROJECT = `# The servers of this project.
apiVersion: tutti.dev/v1alpha1
kind: MCPServer
metadata: { name: one }   # the first
spec:
    # what it runs
    command: "${process.execPath}"
    args:
    - ${FAULTY}   # a fixture

---
# and another one
apiVersion: tutti.dev/v1alpha1
kind: MCPServer
metadata: { name: two }
spec: { command: '${process.execPath}', args: [ '${FAULTY}' ] }
`;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-control-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a server of a file: written there, nothing else touched, over a restart, and back', SLOW, async () => {
  verifies('SRC-06', 'SRV-10', 'OPS-05');
  const folder = await temporaryFolder();
  const first = await startGateway({ folder, files: { 'tutti.yaml': PROJECT }, waitFor: ['one', 'two'] });
  const [one, two] = [await pidOf(first, 'one'), await pidOf(first, 'two')];
  await chmod(join(first.configPath, 'tutti.yaml'), 0o640);

  expect(await tutti(first, 'suspend', 'one')).toEqual({
    exitCode: 0,
    stdout: 'one is suspended. Resume it with: tutti resume one\n',
    stderr: '',
  });
  // The very next status is right, and says who, since when, and what to do.
  const suspended = await statusOf(first, 'one');
  expect(suspended).toMatchObject({
    state: 'Suspended',
    reason: expect.stringMatching(
      /^one is suspended by admin since \S+Z; resume it with `tutti resume one`$/,
    ),
  });
  const text = PROJECT.replace('    command: "', '    suspended: true\n    command: "');
  expect(await textOf(first, 'tutti.yaml')).toBe(text);
  expect(await readdir(first.configPath)).toEqual(['tutti.yaml']);
  await isGone(one);
  expect((await tutti(first, 'call', 'one_echo')).exitCode).not.toBe(0);

  // Whatever else declares it again in between, the file is read as it is.
  expect((await tutti(first, 'reload')).exitCode).toBe(0);
  expect(await statusOf(first, 'one')).toMatchObject({ state: 'Suspended', reason: suspended.reason });
  expect(await tutti(first, 'suspend', 'one')).toMatchObject({ stdout: 'one is suspended already.\n' });
  expect(await pidOf(first, 'two')).toBe(two);
  expect(await eventsOf(first, 'one')).toContain(
    `MCPServerSuspended: by admin, written into ${first.configPath}/tutti.yaml; resume it with \`tutti resume one\``,
  );
  await first.close();

  await using second = await startGateway({ folder, waitFor: ['two'] });
  expect(await statusOf(second, 'one')).toMatchObject({ state: 'Suspended', reason: suspended.reason });
  const again = await pidOf(second, 'two');
  expect(await tutti(second, 'resume', 'one')).toMatchObject({
    exitCode: 0,
    stdout: 'one is in service again.\n',
  });
  expect((await statusOf(second, 'one')).state).toMatch(/^(Starting|Running)$/);
  expect(await textOf(second, 'tutti.yaml')).toBe(PROJECT);
  await serverReady(second, 'one');
  expect(await pidOf(second, 'two')).toBe(again);
  expect((await statusOf(second, 'two')).restartCount).toBe(0);
  // Written twice by Tutti, the file is still watched.
  await writeFile(join(second.configPath, 'tutti.yaml'), `${PROJECT}---\n${document('three')}`);
  await serverReady(second, 'three');
  expect(await pidOf(second, 'two')).toBe(again);
});

test('servers in one file of a client: each in its own words', SLOW, async () => {
  verifies('SRC-06', 'SRV-10');
  const { command, args } = faulty();
  const servers = { one: { command, args }, two: { command, args, disabled: false } };
  const text = `${JSON.stringify({ mcpServers: servers }, null, 4)}\n`;
  const alone = `${JSON.stringify({ name: 'three', enabled: true, command, args }, null, 2)}\n`;
  await using gateway = await startGateway({
    files: { '.mcp.json': text, 'three.json': alone },
    waitFor: ['one', 'two', 'three'],
  });
  for (const name of ['one', 'two', 'three'])
    expect((await tutti(gateway, 'suspend', name)).exitCode).toBe(0);
  for (const name of ['one', 'two', 'three'])
    expect(await statusOf(gateway, name)).toMatchObject({ state: 'Suspended' });
  expect(await textOf(gateway, '.mcp.json')).toBe(
    text
      .replace('"one": {\n            ', '"one": {\n            "disabled": true,\n            ')
      .replace('"disabled": false', '"disabled": true'),
  );
  expect(await textOf(gateway, 'three.json')).toBe(alone.replace('true', 'false'));
  for (const name of ['one', 'two', 'three']) expect((await tutti(gateway, 'start', name)).exitCode).toBe(0);
  for (const name of ['one', 'two', 'three']) await serverReady(gateway, name);
  expect(await textOf(gateway, '.mcp.json')).toBe(text);
  expect(await textOf(gateway, 'three.json')).toBe(alone);
});

test('a file that must not be written stays as it is; the suspension is kept beside it', SLOW, async () => {
  verifies('SRC-06', 'SRV-10');
  const folder = await temporaryFolder();
  const first = await startGateway({ folder, files: { 'tutti.yaml': PROJECT }, waitFor: ['one', 'two'] });
  const file = join(first.configPath, 'tutti.yaml');
  await chmod(file, 0o444);
  const { exitCode, stdout } = await tutti(first, 'suspend', 'one');
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining(
      `Note: ${file} could not be changed (the file is read-only); it is kept beside the file`,
    ),
  });
  expect(await textOf(first, 'tutti.yaml')).toBe(PROJECT);
  await first.close();

  await using second = await startGateway({ folder, waitFor: ['two'] });
  expect(await statusOf(second, 'one')).toMatchObject({ state: 'Suspended' });
  const [, two] = [0, await pidOf(second, 'two')];
  // Another change of the file is no word about this server …
  await chmod(file, 0o644);
  await writeFile(file, PROJECT.replace('# and another one', '# and one more'));
  expect((await tutti(second, 'reload')).exitCode).toBe(0);
  expect(await statusOf(second, 'one')).toMatchObject({ state: 'Suspended' });
  // … but what it says itself is: to suspend and to resume.
  await writeFile(file, PROJECT.replace('    command: "', '    suspended: true\n    command: "'));
  expect((await tutti(second, 'reload')).exitCode).toBe(0);
  expect((await statusOf(second, 'one')).reason).toContain('one is suspended by its declaration');
  await writeFile(file, PROJECT);
  await serverReady(second, 'one');
  expect(await pidOf(second, 'two')).toBe(two);
});

test('a server of a repository: kept until the repository itself changes it', SLOW, async () => {
  verifies('SRC-06', 'SRV-10');
  const executor = (name: string, more: object = {}): string =>
    JSON.stringify({ name, enabled: true, ...faulty(), ...more }, null, 2);
  await using repository = await createGitRepository({
    'a/one.json': executor('one'),
    'a/two.json': executor('two'),
  });
  const folder = await temporaryFolder();
  const options = {
    folder,
    from: ['--git', repository.url, '--path', 'a', '--interval', '1h'],
    waitFor: ['two'],
  };
  const first = await startGateway({ ...options, waitFor: ['one', 'two'] });
  const { stdout } = await tutti(first, 'stop', 'one');
  expect(stdout).toBe(
    'one is stopped. Start it with: tutti start one\nNote: it is kept until the repository itself changes `suspended` of one.\n',
  );
  expect(await statusOf(first, 'one')).toMatchObject({ state: 'Suspended' });
  await repository.push('Other things', {
    'a/one.json': executor('one', { description: 'Is one' }),
    'a/two.json': executor('two', { description: 'Is two' }),
  });
  expect((await tutti(first, 'reload')).exitCode).toBe(0);
  expect(await first.servers()).toMatchObject([
    { name: 'one', description: 'Is one', status: { state: 'Suspended' } },
    { name: 'two', description: 'Is two' },
  ]);
  await first.close();

  await using second = await startGateway(options);
  expect(await statusOf(second, 'one')).toMatchObject({ state: 'Suspended' });
  expect(await resourcesOf(second)).toMatchObject([
    { name: 'one', suspended: true, suspension: { by: 'admin', place: 'override' } },
    { name: 'two', suspended: false },
  ]);
  await repository.push('Off', { 'a/one.json': executor('one', { enabled: false }) });
  expect((await tutti(second, 'reload')).exitCode).toBe(0);
  expect((await statusOf(second, 'one')).reason).toContain('one is suspended by its declaration');
  // Against the repository, too.
  expect((await tutti(second, 'resume', 'one')).exitCode).toBe(0);
  await serverReady(second, 'one');
  await repository.push('On', { 'a/one.json': executor('one') });
  expect((await tutti(second, 'reload')).exitCode).toBe(0);
  await inState(second, 'one', 'Running');
  expect((await resourcesOf(second)).find(({ name }) => name === 'one')).not.toHaveProperty('suspension');
});

test('what came over the API, and what does not start by itself', SLOW, async () => {
  verifies('SRC-06', 'SRV-10');
  const folder = await temporaryFolder();
  const first = await startGateway({ folder, files: { 'tutti.yaml': PROJECT }, waitFor: ['two'] });
  const shy = document('shy', faulty({ autoStart: false }));
  expect(await tuttiWith(first, shy, 'apply', '-f', '-')).toMatchObject({ exitCode: 0 });
  expect(await statusOf(first, 'shy')).toMatchObject({ state: 'Stopped' });

  expect((await tutti(first, 'start', 'shy')).exitCode).toBe(0);
  expect((await statusOf(first, 'shy')).state).toMatch(/^(Starting|Running)$/);
  await serverReady(first, 'shy');
  const pid = await pidOf(first, 'shy');
  expect(await tutti(first, 'start', 'shy')).toMatchObject({ stdout: 'shy runs already.\n' });
  expect(await pidOf(first, 'shy')).toBe(pid);

  expect((await tutti(first, 'suspend', 'shy')).exitCode).toBe(0);
  expect(await statusOf(first, 'shy')).toMatchObject({ state: 'Suspended' });
  await isGone(pid);
  // A document that says nothing of it leaves it alone; one that does says what holds.
  const changed = document('shy', faulty({ autoStart: false, description: 'Shy' }));
  expect(await tuttiWith(first, changed, 'apply', '-f', '-')).toMatchObject({ exitCode: 0 });
  expect(await statusOf(first, 'shy')).toMatchObject({ state: 'Suspended' });
  await first.close();

  await using second = await startGateway({ folder, waitFor: ['two'] });
  expect((await statusOf(second, 'shy')).reason).toContain('shy is suspended by admin since');
  const said = document('shy', faulty({ autoStart: false, suspended: false }));
  expect(await tuttiWith(second, said, 'apply', '-f', '-')).toMatchObject({ exitCode: 0 });
  expect(await statusOf(second, 'shy')).toMatchObject({ state: 'Stopped' });
  expect((await tutti(second, 'suspend', 'shy')).exitCode).toBe(0);
  expect((await tutti(second, 'restart', 'shy')).exitCode).toBe(0);
  await eventually(async () => (await statusOf(second, 'shy')).state === 'Running', {
    timeoutMs: 60_000,
    what: 'shy running',
  });
  expect((await tutti(second, 'suspend', 'nobody')).exitCode).toBe(3);
});
