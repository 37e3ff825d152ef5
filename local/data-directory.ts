import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from './startup-error.ts';

/** The folder that keeps what the local runtime must remember; held by one runtime at a time. */
export interface DataDirectory {
  readonly cloudAssembly: string;
  /** What was bundled of the app, for its next start. */
  readonly bundles: string;
  readonly queues: string;
  readonly tables: string;
  readonly secrets: string;
  readonly executions: string;
  readonly logs: string;
  readonly deployedState: string;
  readonly environmentProgram: string;
  /** How far the clock was advanced. */
  readonly clock: string;
  readonly clockProgram: string;
  release(): void;
}

/** Opens a data directory for this process alone; with `fresh`, what an earlier runtime kept there is deleted. */
export async function openDataDirectory(dir: string, options: { fresh: boolean }): Promise<DataDirectory> {
  const root = resolve(dir);
  await mkdir(root, { recursive: true });
  const release = await lock(root);
  const paths = {
    cloudAssembly: join(root, 'cdk.out'),
    bundles: join(root, 'bundles'),
    queues: join(root, 'queues'),
    tables: join(root, 'tables'),
    secrets: join(root, 'secrets.json'),
    executions: join(root, 'executions'),
    logs: join(root, 'logs'),
    deployedState: join(root, 'deployed.json'),
    environmentProgram: join(root, 'environment.mjs'),
    clock: join(root, 'clock'),
    clockProgram: join(root, 'clock.mjs'),
  };
  if (options.fresh) {
    // Only what is ours: the folder may be one that holds other things as well.
    await Promise.all(Object.values(paths).map((path) => rm(path, { recursive: true, force: true })));
  }
  return { ...paths, release };
}

/**
 * Takes the lock of a data directory. A lock of the operating system (through SQLite) ends with its process,
 * however that dies; a file with a process id does not, and ids are used again.
 */
async function lock(root: string): Promise<() => void> {
  const pidFile = join(root, 'runtime.pid');
  const database = new DatabaseSync(join(root, 'runtime.lock'), { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    const pid = await readFile(pidFile, 'utf8').catch(() => 'unknown');
    throw new StartupError(
      `data directory ${root} is in use by another Task Mode runtime (process ${pid.trim()}): stop that one, or give another folder with --data`,
    );
  }
  await writeFile(pidFile, `${process.pid}\n`);
  return () => database.close();
}
