import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { temporaryFolder } from './runtime.ts';

export const KEYS = {
  all: { id: 'TM-all-0001', secret: 'secret-of-the-key-for-all' },
  /** May read what echo does, and nothing else. */
  reader: { id: 'TM-reader-0001', secret: 'secret-of-the-key-to-read' },
} as const;

export type Key = { readonly id: string; readonly secret: string };

export const ACCESS_KEYS = JSON.stringify({
  keys: {
    [KEYS.all.id]: { secret: KEYS.all.secret, functions: ['*'], actions: ['fc:*'], user: 'alice' },
    [KEYS.reader.id]: { secret: KEYS.reader.secret, functions: ['ec*'], actions: ['fc:Get*', 'fc:List*'] },
  },
});

/** Synthesizes the example app as `--auth accessKeys` has it, for the runtimes of one file. */
export async function synthesizeWithAccessKeys(): Promise<string> {
  const outDir = join(temporaryFolder('assembly'), 'cdk.out');
  await synthesize({
    appDir: resolve('.'),
    outDir,
    region: 'us-east-1',
    accountId: '000000000000',
    context: { auth: 'accessKeys' },
    verbose: false,
    log: () => undefined,
  });
  return outDir;
}

/** Starts such an app. */
export async function startWithAccessKeys(
  assemblyDir: string,
  accessKeys?: string,
  consoleFolder?: Promise<string>,
): Promise<{ runtime: LocalRuntime; lines: string[] }> {
  const lines: string[] = [];
  const runtime = await startLocalRuntime({
    assemblyDir,
    port: 0,
    dataDir: temporaryFolder('data'),
    log: (line) => lines.push(line),
    ...(accessKeys !== undefined && { accessKeys }),
    ...(consoleFolder !== undefined && { consoleFolder }),
  });
  afterAll(() => runtime.stop());
  return { runtime, lines };
}
