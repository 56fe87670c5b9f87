// Servers in Git: what is pushed takes effect, only what changed restarts, and a bad repository changes nothing.

import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ApiProblemListSchema,
  ApiSourceListSchema,
  type ApiProblem,
  type ApiServer,
  type ApiSource,
} from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { echo } from '../faults/support/calls.ts';
import { isAlive, statusOf } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { createGitRepository, startGitServer, type GitRepository } from '../support/git-repository.ts';
import { verifies } from '../verifies.ts';

const FAULTY = new URL('../programs/faults/faulty.mjs', import.meta.url).pathname;
const FOLDER = 'mcp-config/executor';
const PATIENT = { timeoutMs: 60_000 };

/** A file of the executor, with every field that it knows. */
function executor(name: string, version: string, more: object = {}): string {
  const metadata = { package: '@team/server', added: '2026-01-31', tools: ['echo'] };
  const server = { name, enabled: true, description: `Server ${name}`, command: process.execPath };
  const rest = { args: [FAULTY], port: undefined, env: { VERSION: version }, metadata };
  return `${JSON.stringify({ ...server, ...rest, ...more }, undefined, 2)}\n`;
}

async function sourceOf({ url }: Gateway): Promise<ApiSource> {
  const answer = await (await fetch(`${url}/api/v1/sources`)).json();
  const [source] = ApiSourceListSchema.parse(answer).items;
  if (source === undefined) throw new Error('no source');
  return source;
}

async function problemsOf({ url }: Gateway): Promise<ApiProblem[]> {
  return ApiProblemListSchema.parse(await (await fetch(`${url}/api/v1/problems`)).json()).items;
}

const errorsOf = async (gateway: Gateway): Promise<ApiProblem[]> =>
  (await problemsOf(gateway)).filter(({ severity }) => severity === 'error');

/** Pids by name, of all that run. */
async function pidsOf(gateway: Gateway): Promise<Record<string, number | undefined>> {
  return Object.fromEntries((await gateway.servers()).map(({ name, status }) => [name, status.pid]));
}

/** Waits until the commit is in force. */
function inForce(gateway: Gateway, commit: string): Promise<true> {
  return eventually(async () => (await sourceOf(gateway)).commit?.id === commit, {
    ...PATIENT,
    what: `commit ${commit} in force`,
  });
}

async function reload({ url, token }: Gateway): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  await (await fetch(`${url}/api/v1/reload`, { method: 'POST', headers })).text();
}

describe.each(['http', 'file'])('a repository over %s', { timeout: 120_000 }, (transport) => {
  const stack = new AsyncDisposableStack();
  let repository: GitRepository;
  let gateway: Gateway;
  const file = (name: string): string => `${FOLDER}/${name}.json`;

  beforeAll(async () => {
    repository = stack.use(
      await createGitRepository({
        [file('keep')]: executor('keep', '1', { port: transport === 'http' ? 3009 : 3010 }),
        [file('change')]: executor('change', '1'),
        [file('drop')]: executor('drop', '1'),
        [file('off')]: executor('off', '1'),
        [`${FOLDER}/README.md`]: 'One file per server.\n',
        'package.json': '{"name": "elsewhere"}',
      }),
    );
    const url = transport === 'file' ? repository.url : stack.use(await startGitServer(repository)).url;
    gateway = stack.use(
      await startGateway({
        from: ['--git', url, '--path', FOLDER, '--interval', '1s'],
        waitFor: ['keep', 'change', 'drop', 'off'],
      }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  test('works as it is: servers, origins, the commit in force', async () => {
    verifies('SRC-02', 'SRV-04', 'SUP-05');
    const commit = (await repository.git('rev-parse', 'HEAD')).trim();
    const source = await sourceOf(gateway);
    expect(source).toMatchObject({
      name: 'git',
      state: 'Synced',
      path: FOLDER,
      serverCount: 4,
      commit: { id: commit, subject: 'First servers' },
    });
    const keep = (await gateway.servers()).find(({ name }) => name === 'keep');
    expect(keep).toMatchObject({
      description: 'Server keep',
      origin: { source: 'git', name: 'git', file: `${FOLDER}/keep.json`, line: 1, commit },
    });
    const log = gateway.process.output();
    expect(log).toContain(`"commit":"${commit.slice(0, 7)}","subject":"First servers"`);
    expect(log).toMatch(/"time":"\d{4}-\d\d-\d\dT[\d:.]+Z","server":"keep",.*"msg":"process started"/);
    await echo(gateway.serverUrl('keep'));
  });

  test('a push: added, changed, removed, disabled, and nothing else', async () => {
    verifies('SRC-02', 'SRC-04', 'SRV-04');
    const before = await pidsOf(gateway);
    const commit = await repository.push('Many changes', {
      [file('change')]: executor('change', '2'),
      [file('added')]: executor('added', '1'),
      [file('off')]: executor('off', '1', { enabled: false }),
      [file('drop')]: null,
    });
    await inForce(gateway, commit);
    for (const name of ['added', 'change']) await serverReady(gateway, name);
    await eventually(async () => (await statusOf(gateway, 'off')).state === 'Suspended', PATIENT);
    for (const name of ['change', 'drop', 'off'])
      await eventually(async () => !(await isAlive(before[name] ?? 0)), {
        ...PATIENT,
        what: `${name} ended`,
      });
    const after = await pidsOf(gateway);
    expect(Object.keys(after)).toEqual(['added', 'change', 'keep', 'off']);
    expect(after['keep']).toBe(before['keep']);
    expect(after['change']).not.toBe(before['change']);
    expect(after['off']).toBeUndefined();
  });

  test('a bad file among good ones: its last good version stays, the others take effect; a revert mends it', async () => {
    verifies('SRC-02', 'SRC-05', 'SRC-04');
    const before = await pidsOf(gateway);
    const bad = await repository.push('A bad file', {
      [file('change')]: '{"name": "change",\n "command": }\n',
      [file('added')]: executor('added', '2'),
    });
    await inForce(gateway, bad);
    const [problem] = await eventually(async () => {
      const found = await errorsOf(gateway);
      return found.length > 0 ? found : undefined;
    });
    expect(problem).toMatchObject({ path: `git:${file('change')}`, line: 2 });
    await eventually(async () => (await pidsOf(gateway))['added'] !== before['added'], PATIENT);
    await serverReady(gateway, 'added');
    expect((await pidsOf(gateway))['change']).toBe(before['change']);
    await echo(gateway.serverUrl('change'));
    await inForce(gateway, await repository.revert());
    await eventually(async () => (await errorsOf(gateway)).length === 0);
    const after = await pidsOf(gateway);
    expect([after['change'], after['keep']]).toEqual([before['change'], before['keep']]);
  });

  test('a server that waits for its restart is started as it is declared now, or not at all', async () => {
    verifies('SRC-04', 'SUP-02');
    const crashing = { args: ['-e', 'process.exit(7)'] };
    await repository.push('Crashing', {
      [file('mended')]: executor('mended', '1', crashing),
      [file('given-up')]: executor('given-up', '1', crashing),
    });
    for (const name of ['mended', 'given-up'])
      await eventually(async () => (await statusOf(gateway, name)).state === 'Failed', PATIENT);
    const commit = await repository.push('Mended', {
      [file('mended')]: executor('mended', '2'),
      [file('given-up')]: null,
    });
    await inForce(gateway, commit);
    await serverReady(gateway, 'mended');
    expect((await statusOf(gateway, 'mended')).observedGeneration).toBe(2);
    await inForce(gateway, await repository.push('Without it', { [file('mended')]: null }));
    expect(Object.keys(await pidsOf(gateway)).toSorted()).toEqual(['added', 'change', 'keep', 'off']);
  });

  test('a history that is written anew takes effect like any other push', async () => {
    verifies('SRC-02', 'SRC-04');
    const before = await pidsOf(gateway);
    const commit = await repository.forcePush('Anew', { [file('change')]: executor('change', '3') });
    await inForce(gateway, commit);
    await eventually(async () => {
      const { pid, state } = await statusOf(gateway, 'change');
      return state === 'Running' && pid !== before['change'];
    }, PATIENT);
    expect((await pidsOf(gateway))['keep']).toBe(before['keep']);
  });

  test('a repository that is gone changes nothing but the status, and comes back by itself', async () => {
    verifies('SRC-02');
    await Promise.all(['keep', 'change'].map((name) => serverReady(gateway, name)));
    const before = await pidsOf(gateway);
    const { commit } = await sourceOf(gateway);
    await repository.hide();
    await eventually(async () => (await sourceOf(gateway)).state === 'Failed', PATIENT);
    const [problem] = await errorsOf(gateway);
    expect(problem?.message).toContain(`what commit ${commit?.id.slice(0, 7)} declares stays in force`);
    expect(await sourceOf(gateway)).toMatchObject({
      commit,
      serverCount: 4,
      conditions: [{ type: 'Ready', status: 'False', reason: 'PullFailed' }],
    });
    await echo(gateway.serverUrl('keep'));
    await repository.show();
    await inForce(gateway, await repository.push('Back', { [file('added')]: null }));
    expect((await sourceOf(gateway)).state).toBe('Synced');
    const after = await pidsOf(gateway);
    expect(after).toEqual({ keep: before['keep'], change: before['change'], off: undefined });
    expect(await errorsOf(gateway)).toEqual([]);
  });
});

describe('a declared Source', { timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let repository: GitRepository;
  let gateway: Gateway;
  const SECRET = 'a-long-secret-of-the-hook';

  function tuttiYaml(spec: object): string {
    const head = { apiVersion: 'tutti.dev/v1alpha1', kind: 'Source', metadata: { name: 'team' } };
    return JSON.stringify({ ...head, spec: { git: { url: repository.url, interval: '1h', ...spec } } });
  }
  const webhook = { webhook: { secret: '${HOOK_SECRET}' } };

  beforeAll(async () => {
    repository = stack.use(
      await createGitRepository({
        'both.json': executor('both', 'git'),
        'needs.json': executor('needs', '1', { env: { KEY: '${TEAM_KEY}', OTHER: '${NOT_FOR_GIT:-none}' } }),
      }),
    );
    gateway = stack.use(
      await startGateway({
        files: {
          'tutti.yaml': tuttiYaml(webhook),
          'tutti/both.json': executor('both', 'local'),
          'tutti/local.json': executor('local', '1', { env: { KEY: '${NOT_FOR_GIT}' } }),
        },
        env: { HOOK_SECRET: SECRET, TEAM_KEY: 'key-of-the-team', NOT_FOR_GIT: 'private' },
        waitFor: ['both', 'local'],
      }),
    );
  }, 120_000);
  afterAll(() => stack.disposeAsync(), 60_000);

  const post = (headers: Record<string, string>, body: string): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/sources/team/webhook`, { method: 'POST', headers, body });
  const signed = (body: string, secret = SECRET): Record<string, string> => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  });

  test('goes before files, and says so with both places', async () => {
    verifies('SRC-02', 'SRC-05');
    const both = (await gateway.servers()).find(({ name }) => name === 'both');
    expect(both?.origin).toMatchObject({ source: 'git', name: 'team', file: 'both.json' });
    const shadowed = (await errorsOf(gateway)).find(({ message }) => message.includes('shadowed'));
    expect(shadowed).toMatchObject({
      path: join(gateway.configPath, 'tutti/both.json'),
      message: expect.stringContaining('is shadowed by team:both.json:1, because git goes before'),
    });
  });

  test('its servers see the variables that it allows and no others', async () => {
    verifies('SRV-06');
    expect(await statusOf(gateway, 'needs')).toMatchObject({
      state: 'Blocked',
      reason: expect.stringContaining('TEAM_KEY'),
    });
    const message = (await errorsOf(gateway)).find(({ path }) => path === 'team:needs.json')?.message;
    expect(message).toContain('envAllow');
    await writeFile(
      join(gateway.configPath, 'tutti.yaml'),
      tuttiYaml({ ...webhook, envAllow: ['TEAM_KEY'] }),
    );
    await serverReady(gateway, 'needs');
    expect((await statusOf(gateway, 'local')).state).toBe('Running');
  });

  test.each([
    ['GitHub', (body: string) => signed(body)],
    ['GitLab', () => ({ 'x-gitlab-token': SECRET })],
  ])('a webhook of %s brings a push at once', async (sender, headersOf) => {
    verifies('SRC-03');
    const name = sender.toLowerCase();
    const commit = await repository.push('Pushed', { [`${name}.json`]: executor(name, '1') });
    const body = JSON.stringify({ ref: 'refs/heads/main', after: commit });
    expect((await post(headersOf(body), body)).status).toBe(202);
    await serverReady(gateway, name);
    expect((await sourceOf(gateway)).commit?.id).toBe(commit);
  });

  test('a webhook without the right signature is refused', async () => {
    verifies('SRC-03');
    const body = '{"ref":"refs/heads/main"}';
    const { lastAttempt } = await sourceOf(gateway);
    for (const headers of [
      {},
      signed(body, 'another secret'),
      signed('another body'),
      { 'x-hub-signature-256': 'sha256=' },
      { 'x-gitlab-token': 'another secret' },
      { authorization: `Bearer ${gateway.token}` },
    ])
      expect((await post(headers, body)).status).toBe(401);
    expect((await sourceOf(gateway)).lastAttempt).toBe(lastAttempt);
  });

  test.each([
    ['reload', () => reload(gateway)],
    ['SIGHUP', async () => void process.kill(gateway.pid, 'SIGHUP')],
  ])('%s brings a push at once', async (name, force) => {
    verifies('SRC-03');
    const before = await pidsOf(gateway);
    const server = name.toLowerCase();
    const commit = await repository.push('Pushed', { [`${server}.json`]: executor(server, '1') });
    await force();
    await inForce(gateway, commit);
    await serverReady(gateway, server);
    expect(await pidsOf(gateway)).toMatchObject(before);
  });

  test('when it is not declared any more, nothing of it stays', async () => {
    verifies('SRC-04');
    const before = await pidsOf(gateway);
    await writeFile(join(gateway.configPath, 'tutti.yaml'), '# no Source\n');
    await eventually(async () => Object.keys(await pidsOf(gateway)).join() === 'both,local', PATIENT);
    expect((await pidsOf(gateway))['local']).toBe(before['local']);
    const both = (await gateway.servers()).find(({ name }: ApiServer) => name === 'both');
    expect(both?.origin?.source).toBe('file');
  });
});
