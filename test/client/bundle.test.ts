import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client and all its signers are bundled for browsers, in under 15 kB', async () => {
  // For a browser esbuild fails on what is of Node only.
  const { outputFiles } = await build({
    entryPoints: ['client/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const [bundle] = outputFiles;
  expect(gzipSync(bundle?.contents ?? '').length).toBeLessThan(15_000);
  expect(bundle?.text).toContain('ACS3-HMAC-SHA256');
  expect(bundle?.text).toContain('AWS4-HMAC-SHA256');
});
