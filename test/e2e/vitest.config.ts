import { defineConfig } from 'vitest/config';

/** One window at a time: VS Code, a browser and a model share the machine. Limits are generous, nothing is timed. */
export default defineConfig({
  cacheDir: '../work/vite',
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Tests of one file go on where the one before has left the window.
    bail: 0,
  },
});
