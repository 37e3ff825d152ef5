import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type EnvironmentLaunch, endProcess, launchEnvironment } from '../launch.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { readLines } from './log-lines.ts';
import { LogTail } from './log-tail.ts';
import type {
  FromEnvironment,
  FunctionError,
  InvokeOptions,
  InvokeOutcome,
  InvokeResult,
  ToEnvironment,
} from './protocol.ts';

/** Lambda gives the init phase 10 s, and when it is not over by then, another try within the function's time-out. */
const INIT_SECONDS = 10;

/** After an exit, output that is still in the pipes is read for at most this long: a stray grandchild may hold them open. */
const OUTPUT_FLUSH_MS = 250;

/** What becomes of what an environment says. */
export interface EnvironmentLog {
  /** A line that its process wrote. */
  readonly line: (line: string) => void;
  /** What the runtime has to say of it. */
  readonly remark: (line: string) => void;
  /** The process ended in an invocation. */
  readonly failed: (requestId: string, error: FunctionError) => void;
}

interface Running {
  readonly requestId: string;
  readonly settle: (outcome: InvokeOutcome) => void;
}

/** One process that runs a function's invocations, one at a time. */
export class ExecutionEnvironment {
  /** Settles when the handler is loaded: undefined, or why it could not be. */
  readonly ready: Promise<FunctionError | undefined>;
  readonly ended: Promise<void>;
  readonly #definition: FunctionDefinition;
  readonly #child: ChildProcess;
  readonly #log: EnvironmentLog;
  #running: Running | undefined;
  #logTail: LogTail | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settleReady: (failure: FunctionError | undefined) => void = () => {};
  #failure: FunctionError | undefined;
  #isEnding = false;
  #isRetired = false;

  constructor(
    definition: FunctionDefinition,
    launch: Pick<EnvironmentLaunch, 'program' | 'preload' | 'env'>,
    log: EnvironmentLog,
  ) {
    this.#definition = definition;
    this.#log = log;
    this.#child = launchEnvironment({
      ...launch,
      cwd: definition.taskRoot,
      memoryMegabytes: definition.memoryMegabytes,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) {
        readLines(stream, (line) => {
          this.#logTail?.add(line);
          log.line(line);
        });
      }
    }
    this.ready = new Promise((resolve) => {
      this.#settleReady = resolve;
    });
    this.#child.on('message', (message) => this.#receive(message as FromEnvironment));
    this.ended = this.#watchEnd();
    this.#endAfter(INIT_SECONDS + definition.timeoutSeconds, (seconds) => ({
      errorType: 'Sandbox.Timedout',
      errorMessage: `Init timed out after ${seconds}.00 seconds`,
    }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can take another invocation. */
  get isUsable(): boolean {
    return !this.#isEnding && !this.#isRetired;
  }

  /** Runs the handler; the environment must be ready and idle. Never rejects. */
  async invoke(
    payloadJson: string,
    { wantsLogTail = false, clientContext }: InvokeOptions = {},
  ): Promise<InvokeResult> {
    const requestId = randomUUID();
    const { timeoutSeconds, arn } = this.#definition;
    this.#logTail = wantsLogTail ? new LogTail() : undefined;
    const outcome = new Promise<InvokeOutcome>((settle) => {
      this.#running = { requestId, settle };
    });
    this.#endAfter(timeoutSeconds, (seconds) => ({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds}.00 seconds`,
    }));
    const message: ToEnvironment = {
      kind: 'invoke',
      requestId,
      functionArn: arn,
      payloadJson,
      timeoutMs: timeoutSeconds * 1000,
      clientContext,
    };
    // A process that has just ended cannot be sent to; its end settles the invocation.
    this.#child.send(message, () => {});
    return this.#logTail ? { ...(await outcome), logTail: await this.#logTail.complete() } : outcome;
  }

  /** Whether it runs code that was replaced. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Has it take no other invocation: it ends when the one that runs has ended. */
  retire(): void {
    this.#isRetired = true;
    if (this.#running === undefined) this.end();
  }

  /** Ends the process at once; a running invocation fails. */
  end(): void {
    this.#isEnding = true;
    endProcess(this.#child);
  }

  #receive(message: FromEnvironment): void {
    if (message.kind === 'ready') {
      clearTimeout(this.#timer);
      this.#settleReady(undefined);
    } else if (message.kind === 'initFailed') {
      this.#failure = message.error;
    } else if (message.requestId === this.#running?.requestId) {
      this.#isEnding ||= message.kind === 'failed' && message.isFatal;
      this.#settle(
        message.kind === 'succeeded'
          ? { payload: JSON.parse(message.payloadJson) as unknown }
          : { functionError: message.error },
      );
    }
  }

  #settle(outcome: InvokeOutcome): void {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    if (running && this.#isEnding && 'functionError' in outcome) {
      this.#log.failed(running.requestId, outcome.functionError);
    }
    running?.settle(outcome);
    if (this.#isRetired) this.end();
  }

  #endAfter(seconds: number, failureOf: (seconds: number) => FunctionError): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#failure = failureOf(seconds);
      this.#log.remark(this.#failure.errorMessage);
      this.end();
    }, seconds * 1000);
  }

  async #watchEnd(): Promise<void> {
    const failure = await new Promise<FunctionError>((resolve) => {
      this.#child.once('error', (error) => resolve(exitError(`could not be started: ${error.message}`)));
      this.#child.once('exit', (code, signal) => {
        this.#isEnding = true;
        const failed = exitError(signal === null ? `exit status ${code}` : `signal: ${signal}`);
        const flushed = setTimeout(() => resolve(failed), OUTPUT_FLUSH_MS);
        this.#child.once('close', () => {
          clearTimeout(flushed);
          resolve(failed);
        });
      });
    });
    this.#settleReady(this.#failure ?? failure);
    this.#settle({ functionError: this.#failure ?? failure });
  }
}

function exitError(how: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `Error: Runtime exited with error: ${how}` };
}
