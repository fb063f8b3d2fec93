import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // onnxruntime keeps native threads per process; two files at once is what a two-core machine takes.
    pool: 'forks',
    maxWorkers: 2,
  },
});
