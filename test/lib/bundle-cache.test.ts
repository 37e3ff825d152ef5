import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cachedBundle } from '../../lib/bundle-cache.ts';

let folder: string;
let source: string;
let installed: string;
const cache = () => join(folder, 'cache');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'task-mode-bundles-'));
  source = join(folder, 'a.ts');
  writeFileSync(source, 'a');
  mkdirSync(join(folder, 'node_modules/sdk'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/sdk/index.js'), '');
  installed = join(folder, 'node_modules/.package-lock.json');
  writeFileSync(installed, '{}');
  vi.stubEnv('TASK_MODE_BUNDLE_CACHE', cache());
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

let built = 0;

/** Bundles, and tells what came out and whether it was built for that. */
function bundled(key = 'a') {
  const before = built;
  const outdir = mkdtempSync(join(folder, 'out-'));
  cachedBundle(key, outdir, (into) => {
    built += 1;
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, 'index.mjs'), readFileSync(source));
    const inputs = [source, join(folder, 'node_modules/sdk/index.js'), '(disabled):crypto'];
    return {
      inputs: Object.fromEntries(inputs.map((path) => [path, { bytes: 1, imports: [] }])),
      outputs: {},
    };
  });
  return { text: readFileSync(join(outdir, 'index.mjs'), 'utf-8'), isBuilt: built > before };
}

test('what has not changed is bundled once', () => {
  expect(bundled()).toEqual({ text: 'a', isBuilt: true });
  expect(bundled()).toEqual({ text: 'a', isBuilt: false });
  expect(bundled('b').isBuilt).toBe(true);
});

test('a file that changed, came or went has it bundled anew', () => {
  bundled();
  writeFileSync(source, 'changed');
  expect(bundled()).toEqual({ text: 'changed', isBuilt: true });
  expect(bundled().isBuilt).toBe(false);
  rmSync(join(folder, 'node_modules/sdk/index.js'));
  expect(bundled().isBuilt).toBe(true);
});

test('an install has it bundled anew: a package may have another version that comes first', () => {
  bundled();
  utimesSync(installed, new Date(1), new Date(1));
  expect(bundled().isBuilt).toBe(true);
});

test('a file that was saved while it was bundled has it bundled anew', () => {
  const future = new Date(Date.now() + 60_000);
  utimesSync(source, future, future);
  expect([bundled().isBuilt, bundled().isBuilt]).toEqual([true, true]);
});

test('an entry that is broken is bundled anew', () => {
  bundled();
  const [entry = ''] = readdirSync(cache());
  writeFileSync(join(cache(), entry, 'inputs.json'), '{');
  expect(bundled()).toEqual({ text: 'a', isBuilt: true });
});

test('nothing is kept where no folder is named', () => {
  vi.stubEnv('TASK_MODE_BUNDLE_CACHE', '');
  expect([bundled().isBuilt, bundled().isBuilt]).toEqual([true, true]);
  expect(readdirSync(folder)).not.toContain('cache');
});
