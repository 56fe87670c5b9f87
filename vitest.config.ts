import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Tests that read the repository rather than run it; `npm run check` runs them too.
const REPOSITORY = ['test/*.test.ts', 'test/pins/**/*.test.ts'];

const shared = {
  // Child processes of tests run TypeScript sources too, so they need the same export condition.
  env: { NODE_OPTIONS: '--conditions=@tutti/source' },
  testTimeout: 60_000,
  hookTimeout: 90_000,
};

export default defineConfig({
  ssr: { resolve: { conditions: ['@tutti/source'] } },
  test: {
    // Tests wait for processes more than they compute; Vitest alone would leave one core of two idle.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      { extends: true, test: { ...shared, name: 'repository', include: REPOSITORY } },
      { extends: true, test: { ...shared, name: 'packages', include: ['packages/*/test/**/*.test.ts'] } },
      {
        extends: true,
        test: { ...shared, name: 'system', include: ['test/{conformance,e2e,faults}/**/*.test.ts'] },
      },
    ],
  },
});
