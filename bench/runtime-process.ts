import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RuntimeProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Starts the command line on the example app. */
export function startRuntime(dataDir: string, ...options: readonly string[]): Promise<RuntimeProcess> {
  return startRuntimeOf(ROOT, dataDir, ...options);
}

/** Starts the command line on an app, in a process of its own: what measures it must not share its event loop. */
export async function startRuntimeOf(
  appDir: string,
  dataDir: string,
  ...options: readonly string[]
): Promise<RuntimeProcess> {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin/task-mode.ts'), 'dev', '--port', '0', '--data', dataDir, ...options],
    { cwd: appDir, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Task Mode is ready at (.*)$/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      pid: child.pid ?? 0,
      stop: async () => {
        child.kill('SIGINT');
        await ended;
      },
    };
  }
  throw new Error('the local runtime ended before it was ready');
}
