import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/assembly/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The example app, synthesized once for all tests that run it. */
    readonly assemblyDir: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'task-mode-assembly-'));
  const assemblyDir = join(folder, 'cdk.out');
  await synthesize({
    appDir: process.cwd(),
    outDir: assemblyDir,
    region: 'us-east-1',
    accountId: '000000000000',
    log: () => undefined,
    verbose: false,
  });
  project.provide('assemblyDir', assemblyDir);
  return () => rm(folder, { recursive: true, force: true });
}
