import { join } from 'node:path';
import { sourceSpecSchema, type SourceResource, type SourceSpecInput } from '@tutti/schemas';
import { expect, onTestFinished, test } from 'vitest';
import { createSources } from '../../src/app/sources.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createResourceStore } from '../../src/resources/store.ts';
import { createRedactor } from '../../src/telemetry/redactor.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { createGitRepository } from '../../../../test/support/git-repository.ts';
import { verifies } from '../../../../test/verifies.ts';
import { native, tempFolder } from '../sources/files/temp-folder.ts';

function source(name: string, git: SourceSpecInput['git']): SourceResource {
  const spec = sourceSpecSchema.parse({ git });
  return {
    kind: 'Source',
    name,
    labels: {},
    annotations: {},
    spec,
    origin: { kind: 'file', path: '/tutti.yaml', line: 1 },
  };
}

async function open(...declared: readonly SourceResource[]) {
  const folder = await tempFolder();
  const store = createResourceStore();
  const redactor = createRedactor();
  const told: string[] = [];
  const declare = (...sources: readonly SourceResource[]): void =>
    store.apply(
      new Map([
        [
          '/tutti.yaml',
          {
            servers: [],
            problems: [],
            broken: new Set<string>(),
            sources,
          },
        ],
      ]),
    );
  declare(...declared);
  const sources = createSources({
    path: undefined,
    folder: folder.path,
    store,
    environment: { TOKEN: 'secret-token', HOOK: 'secret-hook' },
    gitEnvironment: process.env,
    clock: systemClock,
    random: Math.random,
    redactor,
    happenings: {
      sourcePulled: (name, _commit, subject) => told.push(`${name} pulled ${subject}`),
      sourceFailed: (name, reason) => told.push(`${name} failed ${reason}`),
      internalError: (error) => told.push(String(error)),
    },
  });
  onTestFinished(async () => {
    await sources[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  await sources.synced;
  return {
    sources,
    store,
    redactor,
    told,
    declare,
    folder: folder.path,
    names: () => store.list().map(({ resource }) => resource.name),
    states: () => sources.list().map(({ name, state, serverCount }) => `${name} ${state} ${serverCount}`),
  };
}

test('Sources come, change and go; each has a checkout of its own', async () => {
  verifies('SRC-02', 'SRC-04');
  await using one = await createGitRepository({ 'a.yaml': native('a'), 'deep/b.yaml': native('b') });
  await using two = await createGitRepository({ 'c.yaml': native('c') });
  const opened = await open(source('one', { url: one.url }));
  expect(opened.states()).toEqual(['one Synced 2']);
  opened.declare(source('two', { url: two.url }), source('one', { url: one.url, path: 'deep' }));
  await eventually(() => opened.names().join() === 'b,c');
  expect(opened.states()).toEqual(['one Synced 1', 'two Synced 1']);
  expect(opened.store.get('c')?.resource.spec.workdir).toBe(join(opened.folder, 'two'));
  opened.declare(source('two', { url: two.url }));
  await eventually(() => opened.names().join() === 'c');
  expect(opened.sources.webhook('one')).toBeUndefined();
  expect(opened.told.toSorted()).toEqual([
    'one pulled First servers',
    'one pulled First servers',
    'two pulled First servers',
  ]);
});

test('a Source that turns to a repository which is not there keeps what it had until it can', async () => {
  verifies('SRC-02');
  await using one = await createGitRepository({ 'a.yaml': native('a') });
  await using two = await createGitRepository({ 'b.yaml': native('b') });
  await two.hide();
  const opened = await open(source('team', { url: one.url }));
  opened.declare(source('team', { url: two.url }));
  await eventually(() => opened.states()[0] === 'team Failed 1');
  expect(opened.names()).toEqual(['a']);
  await two.show();
  await opened.sources.sync();
  expect(opened.names()).toEqual(['b']);
});

test('variables of a Source: its url and its secret, shown nowhere', async () => {
  verifies('SRC-02', 'SRC-03');
  const opened = await open(
    source('a', { url: 'http://me:${TOKEN}@127.0.0.1:9/x', webhook: { secret: '${HOOK}' } }),
    source('b', { url: 'http://${MISSING}@127.0.0.1:9/x', webhook: { secret: '${NO_HOOK}' } }),
    source('c', { url: '${KIND:-ext::}sh' }),
  );
  expect(opened.sources.webhook('a')).toMatchObject({ secret: 'secret-hook' });
  expect(opened.sources.webhook('b')?.secret).toBeUndefined();
  expect(opened.redactor.mask('with secret-token and secret-hook')).toBe('with [secret] and [secret]');
  const [a, b, c] = opened.sources.list();
  expect(a).toMatchObject({ url: 'http://127.0.0.1:9/x', state: 'Failed' });
  expect(b?.lastError).toContain('the variable MISSING is not set');
  expect(c?.lastError).toContain('transports like `ext::` are not taken');
  const words = JSON.stringify([opened.sources.list(), opened.store.problems(), opened.told]);
  expect(words).not.toContain('secret-');
  expect(words).toContain('Source `b` has no webhook: the variable NO_HOOK is not set');
});
