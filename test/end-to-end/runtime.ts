import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { type LocalRuntime, type LocalRuntimeOptions, startLocalRuntime } from '../../local/runtime.ts';
import { Api } from './api.ts';

/** A folder that is removed when the file's tests have ended. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `task-mode-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the example app on this machine, for the tests of one file. */
export async function startExample(
  options: LocalRuntimeOptions = {},
): Promise<{ runtime: LocalRuntime; api: Api; lines: string[] }> {
  const lines: string[] = [];
  const dataDir = options.dataDir ?? temporaryFolder('data');
  const runtime = await startLocalRuntime({
    assemblyDir: inject('assemblyDir'),
    port: 0,
    log: (line) => lines.push(line),
    ...options,
    dataDir,
  });
  afterAll(() => runtime.stop());
  return { runtime, api: new Api(runtime.url), lines };
}
