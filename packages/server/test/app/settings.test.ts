// Which of several settings counts.

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { resolveConfiguration } from '../../src/app/configuration.ts';
import { resolveStoreUrl } from '../../src/app/database.ts';
import { readEnvironment } from '../../src/app/environment.ts';

const read = (name: string): Promise<string> =>
  readFile(new URL(`../../../../${name}`, import.meta.url), 'utf8');

test('a flag comes before the environment, that before the default', () => {
  verifies('OPS-18');
  const home = { HOME: '/home/me' };
  const set = { ...home, TUTTI_CONFIG: '/env/tutti.yaml', TUTTI_STATE: '/env/state' };
  const resolved = (options: Parameters<typeof resolveConfiguration>[0], variables: NodeJS.ProcessEnv) => {
    const { path, statePath } = resolveConfiguration(options, readEnvironment(variables));
    return { path, statePath };
  };
  expect(resolved({ path: '/flag.yaml', statePath: '/flag/state' }, set)).toEqual({
    path: '/flag.yaml',
    statePath: '/flag/state',
  });
  expect(resolved({}, set)).toEqual({ path: '/env/tutti.yaml', statePath: '/env/state' });
  const byDefault = resolved({ path: '/flag.yaml' }, { ...home, TUTTI_STATE: '' }).statePath;
  expect(byDefault).toMatch(/^\/home\/me\/\.local\/state\/tutti\/[0-9a-f]{16}$/);
  expect(resolved({ path: '/flag.yaml' }, { ...home, XDG_STATE_HOME: '/xdg' }).statePath).toMatch(
    /^\/xdg\/tutti\//,
  );
  const store = (text: string | undefined) =>
    resolveStoreUrl(readEnvironment({ TUTTI_STORE: text }).store, '/s');
  expect(store('postgres://db/x')).toBe('postgres://db/x');
  expect(store('')).toBe('sqlite:/s/tutti.db');
  expect(store(undefined)).toBe('sqlite:/s/tutti.db');
});

test('the page of settings lists every variable that is read', async () => {
  verifies('OPS-18');
  const [source, page] = await Promise.all([
    read('packages/server/src/app/environment.ts'),
    read('docs/guides/settings.md'),
  ]);
  const names = new Set(source.match(/\b(?:TUTTI|MUSTER)_[A-Z_]+\b/g));
  expect(names.size).toBeGreaterThan(4);
  for (const name of [...names, 'TUTTI_URL', 'TUTTI_TOKEN', 'XDG_STATE_HOME']) expect(page).toContain(name);
});
