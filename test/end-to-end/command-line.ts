import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/task-mode.ts', import.meta.url));

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

  constructor(endpoint: string) {
    const { PATH, HOME } = process.env;
    this.#env = { PATH, HOME, TERM: 'xterm-256color', TZ: 'UTC', TASK_MODE_ENDPOINT: endpoint };
  }

  start(commandArguments: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
    return this.#spawn(process.execPath, [PROGRAM, ...commandArguments], env);
  }

  run(commandArguments: readonly string[], { input = '', env = {} } = {}): Promise<Ended> {
    const running = this.start(commandArguments, env);
    running.child.stdin.end(input);
    return running.ended;
  }

  /** Runs a line of the shell, in which `task-mode` is the command. */
  shell(line: string): Promise<Ended> {
    const named = `task-mode() { ${quoted(process.execPath)} ${quoted(PROGRAM)} "$@"; }; set -o pipefail; ${line}`;
    const running = this.#spawn('bash', ['-c', named], {});
    running.child.stdin.end();
    return running.ended;
  }

  /** A pseudo-terminal, made by util-linux's `script`: what is typed goes to stdin, and all that is drawn comes to stdout. */
  atTerminal(commandArguments: readonly string[]): RunningCommand {
    const command = [process.execPath, PROGRAM, ...commandArguments].map(quoted).join(' ');
    return this.#spawn('script', ['-qefc', `stty cols 80 rows 24; exec ${command}`, '/dev/null'], {});
  }

  #spawn(command: string, commandArguments: readonly string[], env: NodeJS.ProcessEnv): RunningCommand {
    return new RunningCommand(spawn(command, commandArguments, { env: { ...this.#env, ...env } }));
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
