import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const END_TO_END = 'test/end-to-end/**/*.test.ts';

// Its time is measured, so it has the machine to itself.
const FIRST_RUN = 'test/end-to-end/first-run.test.ts';

// Their files keep nothing between them, so that a worker loads the CDK and the SDK once instead of once per file.
const STATELESS = ['test/*.test.ts', 'test/{cli,client,console,domain,http,lib,local,trigger}/**/*.test.ts'];

// Many apps are synthesized, of the same functions. What has changed is bundled anew (lib/bundle-cache.ts).
process.env.TASK_MODE_BUNDLE_CACHE ??= resolve('node_modules/.cache/lambda-task-mode');

// Synthesized apps, data directories and browsers leave much behind, also where a test is cut off: it goes with the run.
const temporary = mkdtempSync(join(tmpdir(), 'task-mode-tests-'));
process.env.TMPDIR = temporary;
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

export default defineConfig({
  test: {
    // For two cores: what has a local runtime keeps one busy, and requests are answered in time where there is one for each.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'stateless', include: STATELESS, isolate: false } },
      {
        extends: true,
        // Each of these has engines of its own, to which the clients of the adapters are bound.
        test: { name: 'engines', include: ['test/**/*.test.ts'], exclude: [END_TO_END, ...STATELESS] },
      },
      {
        extends: true,
        // Only these wait for the apps to be synthesized.
        test: {
          name: 'end-to-end',
          include: [END_TO_END],
          exclude: [FIRST_RUN],
          globalSetup: 'test/end-to-end/global-setup.ts',
        },
      },
      { extends: true, test: { name: 'first-run', include: [FIRST_RUN], sequence: { groupOrder: 1 } } },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
