import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FromRuntimeChild, KillRequest, RuntimeChildOptions } from './runtime-child.ts';

const PROGRAM = fileURLToPath(new URL('./runtime-child.ts', import.meta.url));

/** A local runtime that is killed as a whole, and started again on what it kept. */
export class KillableRuntime {
  readonly #options: RuntimeChildOptions;
  readonly #logFile: number;
  #child: ChildProcess | undefined;
  #url = '';
  #sfnEndpoint = '';
  readonly #killed = new Set<number>();

  private constructor(options: RuntimeChildOptions, logFile: string) {
    this.#options = options;
    this.#logFile = openSync(logFile, 'a');
  }

  static async start(options: RuntimeChildOptions, logFile: string): Promise<KillableRuntime> {
    const runtime = new KillableRuntime(options, logFile);
    await runtime.#start();
    return runtime;
  }

  /** Where it listens; after a restart, elsewhere. */
  get url(): string {
    return this.#url;
  }

  /** Where its Step Functions listen. */
  get sfnEndpoint(): string {
    return this.#sfnEndpoint;
  }

  /** The processes of functions that were killed one by one. */
  get killed(): ReadonlySet<number> {
    return this.#killed;
  }

  /** Kills the runtime without a word to it, and starts the next. */
  async restart(): Promise<void> {
    await this.#end('SIGKILL');
    await this.#start();
  }

  /** Stops the runtime as a user would, and starts the next once `meanwhile` has returned. */
  async restartAfter(meanwhile: () => void): Promise<void> {
    await this.stop();
    meanwhile();
    await this.#start();
  }

  /** Kills one process of a function, if there is one. */
  killProcess(request: KillRequest): void {
    if (this.#child?.connected) this.#child.send(request, () => undefined);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #start(): Promise<void> {
    const child = fork(PROGRAM, [JSON.stringify(this.#options)], {
      stdio: ['ignore', this.#logFile, this.#logFile, 'ipc'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message: FromRuntimeChild) => {
        if (message.kind === 'killed') {
          this.#killed.add(message.pid);
          return;
        }
        this.#url = message.url;
        this.#sfnEndpoint = message.sfnEndpoint;
        resolve();
      });
      child.once('exit', () => reject(new Error('the local runtime ended before it was ready')));
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
