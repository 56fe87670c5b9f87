import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@tutti/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // Child processes of tests run TypeScript sources too, so they need the same export condition.
    env: { NODE_OPTIONS: '--conditions=@tutti/source' },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
