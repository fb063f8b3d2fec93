import { defineConfig } from 'vitest/config';

/** `npm run bench:extension`: one real VS Code window after the other. Nothing is asserted but that it works. */
export default defineConfig({
  cacheDir: '../../test/work/vite',
  test: {
    root: import.meta.dirname,
    include: ['*.measure.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
  },
});
