import { defineConfig } from 'vitest/config';

const END_TO_END = 'test/end-to-end/**/*.test.ts';

export default defineConfig({
  test: {
    // Two cores: more files at once only make each slower, and the local runtime has processes of its own.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [END_TO_END] } },
      {
        extends: true,
        // Only these wait for the apps to be synthesized.
        test: {
          name: 'end-to-end',
          include: [END_TO_END],
          globalSetup: 'test/end-to-end/global-setup.ts',
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
