import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { vi } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../bin/task-mode.ts', import.meta.url));

/**
 * Bundles the command: stripped of its types and in one file it starts in half the time, and these tests start it often.
 */
function bundled(folder: string): string {
  buildSync({
    entryPoints: [SOURCE],
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // Of the local runtime, which none of these starts.
    external: ['fauxqs', 'dynalite'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return join(folder, 'task-mode.mjs');
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `task-mode` that runs. */
export class RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Waits until it has printed this. */
  async printed(pattern: RegExp): Promise<void> {
    await vi.waitUntil(() => pattern.test(this.stdout + this.stderr), { timeout: 30_000, interval: 10 });
  }
}

/** Runs the real command against one API, through pipes or at a terminal of 80 columns. */
export class CommandLine {
  readonly #env: NodeJS.ProcessEnv;
  readonly #program: string;

  /** Given no folder to bundle it into, it is run from its sources. */
  constructor(endpoint: string, folder?: string) {
    this.#program = folder === undefined ? SOURCE : bundled(folder);
    const { PATH, HOME } = process.env;
    this.#env = { PATH, HOME, TERM: 'xterm-256color', TZ: 'UTC', TASK_MODE_ENDPOINT: endpoint };
  }

  start(commandArguments: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
    return this.#spawn(process.execPath, [this.#program, ...commandArguments], env);
  }

  run(commandArguments: readonly string[], { input = '', env = {} } = {}): Promise<Ended> {
    const running = this.start(commandArguments, env);
    running.child.stdin.end(input);
    return running.ended;
  }

  /** Runs a line of a shell, in which `task-mode` is the command. */
  shell(line: string, shell: 'bash' | 'zsh' | 'fish' = 'bash'): Promise<Ended> {
    const quiet = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
    const PATH = `${this.#named()}:${process.env.PATH}`;
    const running = this.#spawn(shell, [...quiet, '-c', line], { PATH });
    running.child.stdin.end();
    return running.ended;
  }

  /** A folder for the PATH, in which the command has its name. */
  #named(): string {
    const folder = join(dirname(this.#program), 'bin');
    const file = join(folder, 'task-mode');
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true });
      const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(this.#program)} "$@"\n`;
      writeFileSync(file, script, { mode: 0o755 });
    }
    return folder;
  }

  /** A pseudo-terminal, made by util-linux's `script`: what is typed goes to stdin, and all that is drawn comes to stdout. */
  atTerminal(commandArguments: readonly string[]): RunningCommand {
    const command = [process.execPath, this.#program, ...commandArguments].map(quoted).join(' ');
    return this.#spawn('script', ['-qefc', `stty cols 80 rows 24; exec ${command}`, '/dev/null'], {});
  }

  #spawn(command: string, commandArguments: readonly string[], env: NodeJS.ProcessEnv): RunningCommand {
    return new RunningCommand(spawn(command, commandArguments, { env: { ...this.#env, ...env } }));
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
