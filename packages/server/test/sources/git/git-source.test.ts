import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceSpecSchema, type SourceResource, type SourceSpecInput } from '@tutti/schemas';
import { expect, onTestFinished, test } from 'vitest';
import { formatProblem } from '../../../src/resources/problem.ts';
import { createResourceStore, type ResourceStore } from '../../../src/resources/store.ts';
import {
  createGitSource,
  type GitSource,
  type GitSourceStatus,
} from '../../../src/sources/git/git-source.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import {
  createGitRepository,
  startGitServer,
  type Change,
  type GitRepository,
} from '../../../../../test/support/git-repository.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { native, tempFolder } from '../files/temp-folder.ts';

interface Opened {
  readonly source: GitSource;
  readonly store: ResourceStore;
  readonly clock: ManualClock;
  /** The checkout. */
  readonly folder: string;
  /** What was told of changes. */
  readonly told: GitSourceStatus[];
  readonly applied: Map<string, string>;
  names(): readonly string[];
  command(name: string): string | undefined;
  problems(): readonly string[];
}

async function repositoryWith(files: Change): Promise<GitRepository> {
  const repository = await createGitRepository(files);
  onTestFinished(() => repository[Symbol.asyncDispose]());
  return repository;
}

async function open(
  git: SourceSpecInput['git'],
  before: {
    readonly folder?: string;
    readonly store?: ResourceStore;
    readonly applied?: Map<string, string>;
    readonly issue?: string;
    readonly environment?: NodeJS.ProcessEnv;
  } = {},
): Promise<Opened> {
  const resource: SourceResource = {
    kind: 'Source',
    name: 'team',
    labels: {},
    annotations: {},
    spec: sourceSpecSchema.parse({ git }),
    origin: { kind: 'file', path: '/project/tutti.yaml', line: 3 },
  };
  let { folder } = before;
  if (folder === undefined) {
    const temp = await tempFolder();
    onTestFinished(() => temp[Symbol.asyncDispose]());
    folder = join(temp.path, 'team');
  }
  const { store = createResourceStore(), applied = new Map<string, string>() } = before;
  const clock = createManualClock();
  const told: GitSourceStatus[] = [];
  const source = createGitSource({
    resource,
    url: resource.spec.git.url,
    issue: before.issue,
    folder,
    store,
    applied,
    environment: before.environment ?? process.env,
    clock,
    random: () => 0.5,
    changed: (status) => told.push(status),
  });
  onTestFinished(() => source[Symbol.asyncDispose]());
  await source.synced;
  return {
    source,
    store,
    clock,
    folder,
    told,
    applied,
    names: () => store.list().map(({ resource }) => resource.name),
    command: (name) => store.get(name)?.resource.spec.command,
    problems: () => store.problems().map((problem) => formatProblem(problem)),
  };
}

test('what is in force knows its commit, its place and its folder', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'conf/sub/a.yaml': native('a'), 'b.yaml': native('b') });
  const opened = await open({ url: repository.url, path: './conf/' });
  const id = (await repository.git('rev-parse', 'HEAD')).trim();
  expect(opened.names()).toEqual(['a']);
  expect(opened.store.get('a')?.resource).toMatchObject({
    origin: { kind: 'git', source: 'team', commit: id, path: 'conf/sub/a.yaml', line: 1 },
    spec: { workdir: join(opened.folder, 'conf/sub') },
  });
  expect(opened.source.status()).toMatchObject({ commit: { id, subject: 'First servers' } });
});

test('a look without news tells nobody; one with news tells of what changed', async () => {
  verifies('SRC-02', 'SRC-04');
  const repository = await repositoryWith({ 'a.yaml': native('a'), 'b.yaml': native('b') });
  const opened = await open({ url: repository.url });
  const told: (readonly string[])[] = [];
  opened.store.watch((names) => told.push(names));
  for (let look = 0; look < 3; look++) await opened.source.sync();
  expect(told).toEqual([]);
  await repository.push('Not a declaration', { 'README.md': 'x' });
  await opened.source.sync();
  expect(told).toEqual([]);
  await repository.push('One', { 'a.yaml': native('a', 'changed') });
  await opened.source.sync();
  expect(told).toEqual([['a']]);
  expect(opened.told.map(({ commit }) => commit?.subject)).toEqual([
    'First servers',
    'Not a declaration',
    'One',
  ]);
});

test('it looks on its interval, sooner after a failure, and later and later', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  const opened = await open({ url: repository.url, interval: '60s' });
  const delayMs = (): number => (opened.source.status().nextAttemptAtMs ?? 0) - opened.clock.nowMs();
  /** Lets the time pass until the next look, and waits for its end. */
  const nextLook = async (): Promise<void> => {
    const { nextAttemptAtMs } = opened.source.status();
    opened.clock.advance(delayMs());
    await eventually(() => {
      const next = opened.source.status().nextAttemptAtMs;
      return next !== undefined && next !== nextAttemptAtMs;
    });
  };
  expect(delayMs()).toBe(60_000);
  await repository.push('Changed', { 'a.yaml': native('a', 'changed') });
  await nextLook();
  expect(opened.command('a')).toBe('changed');
  await repository.hide();
  await nextLook();
  expect(opened.source.status().lastError).toContain('does not appear to be a git repository');
  const delays: number[] = [];
  for (let look = 0; look < 5; look++) {
    delays.push(delayMs());
    await nextLook();
  }
  expect(delays).toEqual([5_000, 10_000, 20_000, 40_000, 60_000]);
  await repository.show();
  await nextLook();
  expect(opened.source.status().lastError).toBeUndefined();
  expect(delayMs()).toBe(60_000);
});

test('a pull that fails keeps what is in force, with the reason, and without credentials', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  await using server = await startGitServer(repository);
  server.users.set('me', 'pass-word');
  const url = server.url.replace('http://', 'http://me:pass-word@');
  const opened = await open({ url });
  expect(opened.names()).toEqual(['a']);
  server.users.set('me', 'another');
  await opened.source.sync();
  expect(opened.names()).toEqual(['a']);
  const [problem] = opened.problems();
  expect(problem).toMatch(/^\/project\/tutti\.yaml:3:1: Source `team` can't be pulled from http:\/\/127/);
  expect(problem).toContain('Authentication failed');
  expect(problem).toContain('stays in force');
  for (const text of [problem, opened.source.status().lastError]) {
    expect(text).not.toContain('pass-word');
    expect(text).not.toContain('me:');
  }
  server.users.set('me', 'pass-word');
  await opened.source.sync();
  expect(opened.problems()).toEqual([]);
});

test('whatever git says, credentials are not shown', async () => {
  verifies('SRC-02');
  await using folder = await tempFolder({
    git: '#!/bin/sh\ncase "$*" in *fetch*) echo "fatal: no way to $*" >&2; exit 1;; esac\n',
  });
  await chmod(join(folder.path, 'git'), 0o755);
  const environment = { PATH: `${folder.path}:${process.env['PATH']}` };
  const opened = await open({ url: 'https://me:pass-word@example.com/x.git' }, { environment });
  expect(opened.source.status().lastError).toContain('no way to');
  const fetching = await open({ url: 'https://secret-token@example.com/x.git' }, { environment });
  for (const one of [opened, fetching])
    expect(JSON.stringify([one.source.status(), one.problems()])).not.toMatch(/pass-word|secret-token/);
});

test('at a start without the repository what was there last is in force', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  const { folder, source } = await open({ url: repository.url });
  await source[Symbol.asyncDispose]();
  await repository.hide();
  const opened = await open({ url: repository.url }, { folder });
  expect(opened.names()).toEqual(['a']);
  expect(opened.problems()).toEqual([expect.stringContaining('stays in force')]);
  await repository.show();
  await repository.push('Changed', { 'a.yaml': native('a', 'changed') });
  await opened.source.sync();
  expect(opened.command('a')).toBe('changed');
});

test('while its url lacks a variable, what was there last is in force, and it is not tried', async () => {
  verifies('SRC-02', 'SRV-06');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  const { folder, source } = await open({ url: repository.url });
  await source[Symbol.asyncDispose]();
  const issue = 'the variable TOKEN is not set';
  const opened = await open({ url: repository.url }, { folder, issue });
  expect(opened.names()).toEqual(['a']);
  expect(opened.problems()).toEqual([expect.stringMatching(/TOKEN is not set; .* stays in force$/)]);
  expect(opened.source.status()).toMatchObject({ lastError: issue, nextAttemptAtMs: undefined });
});

test('a repository that is not there yet is taken when it comes', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  await repository.hide();
  const opened = await open({ url: repository.url });
  expect(opened.names()).toEqual([]);
  expect(opened.problems()).toEqual([expect.stringContaining('nothing of it is known yet')]);
  await repository.show();
  await opened.source.sync();
  expect(opened.names()).toEqual(['a']);
  expect(opened.problems()).toEqual([]);
});

test.each([
  ['objects', (folder: string) => rm(join(folder, '.git/objects'), { recursive: true })],
  ['its head', (folder: string) => writeFile(join(folder, '.git/HEAD'), 'nonsense')],
  ['everything but the folder', (folder: string) => rm(join(folder, '.git'), { recursive: true })],
  [
    'nothing, but has a lock of a git that was killed',
    (folder: string) => writeFile(join(folder, '.git/index.lock'), ''),
  ],
  ['its list of shallow commits', (folder: string) => writeFile(join(folder, '.git/shallow'), 'nonsense')],
  [
    'nothing, but has a lock of a fetch that was killed',
    (folder: string) => writeFile(join(folder, '.git/shallow.lock'), ''),
  ],
  ['half of its index', (folder: string) => truncate(join(folder, '.git/index'), 20)],
])('a checkout that has lost %s is cloned anew', async (_what, damage) => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a'), 'server.js': 'one' });
  const opened = await open({ url: repository.url });
  await damage(opened.folder);
  await repository.push('Changed', { 'a.yaml': native('a', 'changed'), 'server.js': 'two' });
  await opened.source.sync();
  expect(opened.problems()).toEqual([]);
  expect(opened.command('a')).toBe('changed');
  expect(await readFile(join(opened.folder, 'server.js'), 'utf8')).toBe('two');
  expect(await readdir(join(opened.folder, '..'))).toEqual(['team']);
});

test('a checkout of another repository or branch is not taken for this one', async () => {
  verifies('SRC-02');
  const one = await repositoryWith({ 'a.yaml': native('a'), 'one.yaml': native('one') });
  const two = await repositoryWith({ 'a.yaml': native('a', 'two') });
  const first = await open({ url: one.url });
  await first.source[Symbol.asyncDispose]();
  await two.hide();
  const { store, applied, folder } = first;
  const second = await open({ url: two.url }, { store, applied, folder });
  // Until it has been seen, nothing is removed.
  expect(second.names()).toEqual(['a', 'one']);
  expect(second.source.status().commit).toBeUndefined();
  await two.show();
  await second.source.sync();
  expect(second.names()).toEqual(['a']);
  expect(second.command('a')).toBe('two');
  expect(await readdir(folder)).toEqual(['.git', 'a.yaml']);
});

test('files that servers write into the checkout stay, and declare nothing', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  const opened = await open({ url: repository.url });
  await writeFile(join(opened.folder, 'written.yaml'), native('written'));
  await writeFile(join(opened.folder, 'a.yaml'), native('a', 'written'));
  await repository.push('More', { 'b.yaml': native('b') });
  await opened.source.sync();
  expect(opened.names()).toEqual(['a', 'b']);
  expect(opened.command('a')).toBe('x');
  expect(await readFile(join(opened.folder, 'written.yaml'), 'utf8')).toBe(native('written'));
});

test('links and submodules are not followed, and hooks do not run', async () => {
  verifies('SRC-02');
  const outside = await tempFolder({ 'secret.yaml': native('secret') });
  onTestFinished(() => outside[Symbol.asyncDispose]());
  const module = await repositoryWith({ 'module.yaml': native('module') });
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  await symlink(join(outside.path, 'secret.yaml'), join(repository.clone, 'link.yaml'));
  await symlink(outside.path, join(repository.clone, 'linked'));
  await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', module.url, 'sub');
  const marker = join(outside.path, 'hook-ran');
  await mkdir(join(repository.clone, 'hooks'));
  const hook = `#!/bin/sh\ntouch ${marker}\n`;
  for (const name of ['post-checkout', 'reference-transaction', 'post-index-change'])
    await writeFile(join(repository.clone, 'hooks', name), hook, { mode: 0o755 });
  const opened = await open({ url: (await repository.push('Links', {}), repository.url) });
  expect(opened.names()).toEqual(['a']);
  expect(opened.problems()).toEqual(['team:link.yaml:1:1: warning: a link or a submodule; not followed']);
  // Even when they are in the place where git looks for them.
  const hooks = join(opened.folder, '.git/hooks');
  await mkdir(hooks, { recursive: true });
  for (const name of ['post-checkout', 'reference-transaction', 'post-index-change'])
    await writeFile(join(hooks, name), hook, { mode: 0o755 });
  await repository.push('More', { 'b.yaml': native('b') });
  await opened.source.sync();
  expect(opened.names()).toEqual(['a', 'b']);
  expect(await readdir(join(opened.folder, 'sub'))).toEqual([]);
  await expect(readFile(marker)).rejects.toThrow('ENOENT');
});

test('a repository declares no Source: it could allow itself more', async () => {
  verifies('SRC-02', 'SRV-06');
  const nested = `apiVersion: tutti.dev/v1alpha1\nkind: Source\nmetadata: {name: mine}\nspec: {git: {url: 'https://example.com/x'}}\n`;
  const repository = await repositoryWith({ 'tutti/source.yaml': nested, 'tutti/a.yaml': native('a') });
  const opened = await open({ url: repository.url });
  expect(opened.names()).toEqual(['a']);
  expect(opened.store.sources()).toEqual([]);
  expect(opened.problems()).toEqual([
    'team:tutti/source.yaml:1:1: a Source is not taken from a repository; declare it in the files of the machine',
  ]);
});

test('a folder that a commit does not have removes nothing', async () => {
  verifies('SRC-02', 'SRC-05');
  const repository = await repositoryWith({ 'conf/a.yaml': native('a'), 'README.md': 'x' });
  const opened = await open({ url: repository.url, path: 'conf' });
  await repository.git('mv', 'conf', 'moved');
  await repository.push('Moved', {});
  await opened.source.sync();
  expect(opened.names()).toEqual(['a']);
  expect(opened.problems()).toEqual([expect.stringMatching(/^team:conf:1:1: there is no conf in commit/)]);
  await repository.push('An empty folder', { 'conf/.gitkeep': '' });
  await opened.source.sync();
  expect(opened.names()).toEqual([]);
  expect(opened.problems()).toEqual([]);
});

test('a branch, and one that is not there', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  await repository.git('push', '--quiet', 'origin', 'HEAD:refs/heads/release/1');
  await repository.push('Later', { 'a.yaml': native('a', 'later') });
  expect((await open({ url: repository.url, branch: 'release/1' })).command('a')).toBe('x');
  const missing = await open({ url: repository.url, branch: 'nope' });
  expect(missing.problems()).toEqual([expect.stringContaining("couldn't find remote ref refs/heads/nope")]);
});

test('a plain web server is enough', async () => {
  verifies('SRC-02');
  const repository = await repositoryWith({ 'a.yaml': native('a') });
  execFileSync('git', ['update-server-info'], { cwd: repository.bare });
  await using server = await startGitServer(repository, { dumb: true });
  const opened = await open({ url: server.url });
  expect(opened.problems()).toEqual([]);
  expect(opened.names()).toEqual(['a']);
});
