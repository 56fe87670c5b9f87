// The citations of requirements: what is built is cited by a test, and what is cited is built.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requirements, type Requirement } from './requirements.ts';
import { repositoryFiles, ROOT } from './support/source-files.ts';

const CITATION = /\bverifies\(([^)]*)\)/g;
const LITERAL = /'([^']*)'/g;

const known: Readonly<Record<string, Requirement>> = requirements;
const cited = new Map<string, string[]>();
for (const file of repositoryFiles('packages/*/test/**/*.test.ts', 'test/**/*.test.ts')) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  for (const [, ids = ''] of text.matchAll(CITATION)) {
    for (const [, id = ''] of ids.matchAll(LITERAL)) cited.set(id, [...(cited.get(id) ?? []), file]);
  }
}

function idsThat(keep: (requirement: Requirement) => boolean): readonly string[] {
  return Object.entries(known)
    .filter(([, requirement]) => keep(requirement))
    .map(([id]) => id);
}

describe('requirements', () => {
  test('a cited id is one that there is', () => {
    expect(cited.size).toBeGreaterThan(0);
    expect([...cited].filter(([id]) => known[id] === undefined)).toEqual([]);
  });

  test('what is built, in part or in full, is cited by a test', () => {
    expect(idsThat(({ state }) => state !== 'later').filter((id) => !cited.has(id))).toEqual([]);
  });

  test('what comes later is not cited', () => {
    expect(idsThat(({ state }) => state === 'later').filter((id) => cited.has(id))).toEqual([]);
  });

  test('what is built in part says how far', () => {
    const missing = idsThat(({ state, note }) => (state === 'partly') !== (note !== undefined));
    expect(missing).toEqual([]);
  });
});
