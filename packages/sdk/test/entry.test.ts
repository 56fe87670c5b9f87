// The root entry runs wherever there is fetch: nothing of Node, and no library but the contract's.

import { dirname, posix } from 'node:path';
import { expect, test } from 'vitest';
import { readSourceFile } from '../../../test/support/import-edges.ts';
import { verifies } from '../../../test/verifies.ts';

test('the root entry needs nothing but fetch', () => {
  verifies('AGT-09');
  const files = ['packages/sdk/src/index.ts'];
  const libraries = new Set<string>();
  for (const file of files) {
    for (const { specifier } of readSourceFile(file).imports) {
      const path = posix.join(dirname(file), specifier);
      if (!specifier.startsWith('.')) libraries.add(specifier);
      else if (!files.includes(path)) files.push(path);
    }
  }
  expect(files.length).toBeGreaterThan(10);
  expect([...libraries].sort()).toEqual(['@tutti/schemas', 'zod']);
});
