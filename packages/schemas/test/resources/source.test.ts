import { describe, expect, test } from 'vitest';
import {
  displayGitUrl,
  explainIssues,
  gitUrlIssue,
  gitUrlSecrets,
  sourceDocumentSchema,
  sourceSpecSchema,
} from '@tutti/schemas';
import { verifies } from '../../../../test/verifies.ts';

/** `field: message` of every issue. */
function issuesOf(git: unknown): string[] {
  const metadata = { name: 'team' };
  const document = { apiVersion: 'tutti.dev/v1alpha1', kind: 'Source', metadata, spec: { git } };
  const checked = sourceDocumentSchema.safeParse(document);
  if (checked.success) return [];
  return explainIssues(checked.error, document, sourceDocumentSchema).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

const url = 'https://example.com/team.git';

const BRANCHES = [
  '-x',
  '--upload-pack=x',
  '/a',
  'a/',
  'a..b',
  'a b',
  'a:b',
  'a^',
  'a.lock',
  '.a',
  'a/.b',
  'a@{1}',
  'a\n',
];
const PATHS = ['/etc', '../x', 'a/../../b', 'a\\b', 'a\0'];

describe('a Source', () => {
  test('gets its defaults', () => {
    verifies('SRC-02');
    expect(sourceSpecSchema.parse({ git: { url } })).toEqual({
      git: { url, path: '', intervalMs: 300_000, envAllow: [] },
    });
  });

  test('is read in full', () => {
    verifies('SRC-02', 'SRC-03', 'SRV-06');
    const written = {
      url: 'https://${USER}:${TOKEN}@example.com/team.git',
      branch: 'release/2026-01',
      path: './mcp-config//executor/',
      interval: '90s',
      envAllow: ['API_KEY', '_x'],
      webhook: { secret: '${HOOK}' },
    };
    expect(sourceSpecSchema.parse({ git: written })).toEqual({
      git: {
        url: written.url,
        branch: written.branch,
        path: 'mcp-config/executor',
        intervalMs: 90_000,
        envAllow: written.envAllow,
        webhookSecret: '${HOOK}',
      },
    });
  });

  test.each([
    [{}, 'spec.git.url: required; add it'],
    [{ url, brunch: 'x' }, 'spec.git.brunch: not a known field; did you mean `branch`?'],
    [{ url, interval: '10ms' }, 'spec.git.interval: out of range; write a duration from 1s to 24h'],
    [{ url, envAllow: ['A-B'] }, 'spec.git.envAllow.0: not the name of a variable; write `NAME`'],
    [{ url, webhook: {} }, 'spec.git.webhook.secret: required; add it'],
  ])('%j is refused', (git, issue) => {
    verifies('SRC-02');
    expect(issuesOf(git)).toEqual([issue]);
  });
});

test.each(BRANCHES)('%j is no branch', (branch) => {
  verifies('SRC-02');
  expect(issuesOf({ url, branch })).toEqual(['spec.git.branch: not the name of a branch']);
});

test.each(PATHS)('%j is no path inside of a repository', (path) => {
  verifies('SRC-02');
  expect(issuesOf({ url, path })).toEqual([
    expect.stringContaining('must be a path inside of the repository'),
  ]);
});

describe('the address of a repository', () => {
  test.each([
    'https://example.com/team.git',
    'https://user:token@example.com:8443/team.git',
    'http://127.0.0.1:3000/x',
    'ssh://git@example.com:22/team.git',
    'git@github.com:team/servers.git',
    'example.com:team.git',
    'git://example.com/x',
    'file:///srv/team.git',
  ])('may be %s', (address) => {
    verifies('SRC-02');
    expect(gitUrlIssue(address)).toBeUndefined();
  });

  test.each([
    ['', 'empty'],
    ['-u', 'must not begin with `-`'],
    ['--upload-pack=touch /tmp/x', 'must not begin with `-`'],
    ['ext::sh -c touch% /tmp/x', 'spaces'],
    ['ext::sh', 'transports like `ext::`'],
    ['EXT::sh', 'transports like `ext::`'],
    ['fd::17', 'transports like `ext::`'],
    ['https::https://example.com', 'transports like `ext::`'],
    ['ftp://example.com/x', '`ftp` is none of'],
    ['ssh://-oProxyCommand=x/y', 'host must not begin'],
    ['ssh://git@-oProxyCommand=x/y', 'host must not begin'],
    ['git@-oProxyCommand=x:y', 'host must not begin'],
    ['https:///x', 'names no host'],
    ['/srv/team.git', 'file:///'],
    ['../team.git', 'file:///'],
    ['team', 'not the address of a repository'],
    ['https://example.com/a\nb', 'control characters'],
  ])('may not be %j', (address, issue) => {
    verifies('SRC-02');
    expect(gitUrlIssue(address)).toContain(issue);
    // What holds variables is judged when they are resolved.
    expect(issuesOf({ url: `${address}\${X}` })).toEqual([]);
  });

  test.each([
    ['https://me:token@example.com/a.git?key=1#x', 'https://example.com/a.git', ['token']],
    ['https://token:x-oauth-basic@example.com/a', 'https://example.com/a', ['x-oauth-basic', 'token']],
    ['https://token@example.com/a.git', 'https://example.com/a.git', ['token']],
    ['https://me:to@ken@example.com/a', 'https://example.com/a', ['to@ken']],
    ['ssh://git:secret@example.com/a', 'ssh://git@example.com/a', ['secret']],
    ['git@example.com:a', 'git@example.com:a', []],
    ['file:///srv/a.git', 'file:///srv/a.git', []],
  ])('%s is shown without what is secret', (address, shown, secrets) => {
    verifies('SRC-02');
    expect(displayGitUrl(address)).toBe(shown);
    expect(gitUrlSecrets(address)).toEqual(secrets);
  });
});
