import { type ChildProcess, fork, spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { entrustToReaper, releaseFromReaper } from './orphan-reaper.ts';

/** Every process that the local runtime starts, until it has ended. */
const live = new Set<ChildProcess>();

/** Its own process group lets us end a process with whatever it has started; Windows has no such groups. */
const HAS_PROCESS_GROUPS = process.platform !== 'win32';

process.on('exit', () => {
  for (const child of live) {
    endProcess(child);
  }
});

export interface EnvironmentLaunch {
  readonly program: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly memoryMegabytes: number;
  /** Address of a module that is loaded first, in every thread. */
  readonly preload?: string;
}

/** Starts the process of one Lambda execution environment, with an IPC channel and piped output. */
export function launchEnvironment(launch: EnvironmentLaunch): ChildProcess {
  // Node itself needs the rest of the memory size: code, buffers, thread stacks.
  const heapMegabytes = Math.floor(launch.memoryMegabytes * 0.9);
  return watch(
    fork(launch.program, [], {
      cwd: launch.cwd,
      env: launch.env,
      execArgv: [
        `--max-old-space-size=${heapMegabytes}`,
        ...(launch.preload === undefined ? [] : [`--import=${launch.preload}`]),
      ],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Out of the terminal's process group: Ctrl-C reaches only the runtime, which lets running work finish.
      detached: HAS_PROCESS_GROUPS,
    }),
  );
}

/** Starts a shell command with piped output; `node` in it is the Node that runs this process. */
export function launchCommand(
  command: string,
  options: { cwd: string; env: NodeJS.ProcessEnv },
): ChildProcess {
  const path = [dirname(process.execPath), options.env.PATH].filter(Boolean).join(delimiter);
  return watch(
    spawn(command, {
      cwd: options.cwd,
      env: { ...options.env, PATH: path },
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: HAS_PROCESS_GROUPS,
    }),
  );
}

/** Ends a process at once, and on POSIX all that it has started. Does nothing to one that has ended. */
export function endProcess(child: ChildProcess): void {
  if (child.pid === undefined || !live.has(child)) {
    return;
  }
  try {
    process.kill(HAS_PROCESS_GROUPS ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

function watch(child: ChildProcess): ChildProcess {
  const { pid } = child;
  live.add(child);
  if (pid !== undefined && HAS_PROCESS_GROUPS) {
    entrustToReaper(pid);
  }
  const forget = () => {
    live.delete(child);
    if (pid !== undefined) {
      releaseFromReaper(pid);
    }
  };
  child.once('exit', forget);
  child.once('error', forget);
  return child;
}
