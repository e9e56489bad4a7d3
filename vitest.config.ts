import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: 'forks',
    // Files share what they import, which halves the time: so no file changes what others would see.
    isolate: false,
    // Every core: by default one is left idle, which on a machine of two is half of it.
    poolOptions: { forks: { minForks: 1, maxForks: Math.max(2, availableParallelism()) } },
  },
});
