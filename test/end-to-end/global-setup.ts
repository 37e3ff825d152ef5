import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/assembly/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The example app, synthesized once for all tests that run it. */
    readonly assemblyDir: string;
    /** An app of functions that misbehave. */
    readonly unrulyAssemblyDir: string;
  }
}

/** Synthesizes the example app and the unruly one, at the same time: two cores. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'task-mode-assemblies-'));
  const assemblyOf = async (name: string, appDir: string) => {
    const outDir = join(folder, name);
    await synthesize({
      appDir,
      outDir,
      region: 'us-east-1',
      accountId: '000000000000',
      log: () => undefined,
      verbose: false,
    });
    return outDir;
  };
  const [example, unruly] = await Promise.all([
    assemblyOf('example', resolve('.')),
    assemblyOf('unruly', resolve('test/end-to-end/unruly-app')),
  ]);
  project.provide('assemblyDir', example);
  project.provide('unrulyAssemblyDir', unruly);
  return () => rm(folder, { recursive: true, force: true });
}
