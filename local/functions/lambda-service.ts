import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { FunctionPool, type StartGate } from './function-pool.ts';
import { isMetricsLine, platformLine, shownLine } from './log-lines.ts';
import type { InvokeOptions, InvokeResult } from './protocol.ts';

/** Lambda's limits for the payload of a synchronous invocation, 6 MB, and of an asynchronous one, 1 MB. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
export const MAX_EVENT_BYTES = 1024 * 1024;

export interface LambdaServiceOptions {
  readonly region: string;
  /** The JavaScript file that each environment's process runs. */
  readonly program: string;
  /** What it loads before, as an address. */
  readonly preload?: string;
  /** `AWS_ENDPOINT_URL_*` of the engines. */
  readonly endpointVariables: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  /** Whether lines that only carry metrics are logged too. */
  readonly isVerbose: boolean;
  /** Takes those lines, with the function's short name. */
  readonly onMetrics: (label: string, line: string) => void;
  /** Takes all others, with their log group and stream. */
  readonly onLine: (logGroup: string, stream: string, line: string) => void;
  readonly onInvocation: (invocation: Invocation) => void;
  readonly onThrottle: (functionName: string) => void;
}

/** What is measured of an invocation. */
export interface Invocation {
  readonly functionName: string;
  /** When it began, in epoch milliseconds. */
  readonly startTime: number;
  readonly durationMs: number;
  readonly isError: boolean;
  /** How many of the function ran when it began, itself included, and how many of all functions. */
  readonly ownConcurrency: number;
  readonly totalConcurrency: number;
}

/** Lambda on this machine: each execution environment is a Node process. */
export class LambdaService {
  readonly #options: LambdaServiceOptions;
  readonly #pools = new Map<string, FunctionPool>();
  #isStopping = false;
  readonly #gate: StartGate = startGate(Math.max(2, availableParallelism()));

  constructor(options: LambdaServiceOptions) {
    this.#options = options;
  }

  deploy(definition: FunctionDefinition): void {
    const pool: FunctionPool = new FunctionPool(
      definition,
      (current) => this.#createEnvironment(current),
      this.#gate,
      (result) => void this.#measure(definition.name, pool.running, result),
    );
    this.#pools.set(definition.name, pool);
    this.#pools.set(definition.arn, pool);
  }

  /** Has a function's invocations run on other code, but for those that run already; resolves when these have ended. */
  async replaceCode(name: string, taskRoot: string): Promise<void> {
    await this.#pools.get(name)?.replaceCode(taskRoot);
  }

  /** Whether Lambda would refuse another synchronous invocation of a function. */
  isThrottled(nameOrArn: string): boolean {
    return this.#pools.get(nameOrArn)?.isAtReservedConcurrency ?? false;
  }

  /** Counts an invocation that was refused for it. */
  countThrottle(nameOrArn: string): void {
    this.#options.onThrottle(nameOrArn.split(':').at(-1) ?? nameOrArn);
  }

  has(nameOrArn: string): boolean {
    return this.#pools.has(nameOrArn);
  }

  arnOf(nameOrArn: string): string {
    return this.#pools.get(nameOrArn)?.arn ?? nameOrArn;
  }

  /** Invokes a function as Lambda's Invoke with RequestResponse does; rejects only when there is no such function. */
  async invoke(nameOrArn: string, payload: unknown): Promise<InvokeResult> {
    return this.invokeJson(nameOrArn, JSON.stringify(payload) ?? '{}');
  }

  async invokeJson(
    nameOrArn: string,
    payloadJson: string,
    options: InvokeOptions = {},
  ): Promise<InvokeResult> {
    const pool = this.#pools.get(nameOrArn);
    if (pool === undefined) {
      throw new StartupError(
        `function ${nameOrArn} is not deployed here: want one of ${[...this.#pools.keys()].join(', ')}`,
      );
    }
    return pool.invoke(payloadJson, options);
  }

  /** Invokes a function asynchronously, as Lambda's Invoke with Event does, but once: what it throws is logged. */
  invokeEvent(nameOrArn: string, payloadJson: string): void {
    void this.invokeJson(nameOrArn, payloadJson).then((result) => {
      if (!('functionError' in result) || this.#isStopping) return;
      const { errorType, errorMessage } = result.functionError;
      this.#options.log(
        `task-mode | asynchronous invocation of ${nameOrArn.split(':').at(-1)}: ${errorType}: ${errorMessage}`,
      );
    });
  }

  /** The processes of one function, by the name that its log lines have, or of all. */
  environmentPids(name?: string): number[] {
    return [...new Set(this.#pools.values())]
      .filter((pool) => name === undefined || pool.name === name)
      .flatMap((pool) => [...pool.environments])
      .flatMap((environment) => environment.pid ?? []);
  }

  /** Lets running invocations finish for at most `drainMs`, then ends every process. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    const pools = [...new Set(this.#pools.values())];
    const deadlineMs = performance.now() + drainMs;
    while (pools.some((pool) => pool.isBusy) && performance.now() < deadlineMs) {
      await delay(10);
    }
    await Promise.all(pools.map((pool) => pool.stop()));
  }

  async #measure(functionName: string, ownConcurrency: number, result: Promise<InvokeResult>): Promise<void> {
    const startTime = Date.now();
    const startMs = performance.now();
    const pools = new Set(this.#pools.values());
    const totalConcurrency = [...pools].reduce((sum, { running }) => sum + running, 0);
    const isError = 'functionError' in (await result);
    const durationMs = performance.now() - startMs;
    this.#options.onInvocation({
      functionName,
      startTime,
      durationMs,
      isError,
      ownConcurrency,
      totalConcurrency,
    });
  }

  #createEnvironment(definition: FunctionDefinition): ExecutionEnvironment {
    const env = this.#environmentVariables(definition);
    const { log, program, preload, isVerbose, onMetrics, onLine } = this.#options;
    const say = (line: string) => log(`${definition.label} | ${line}`);
    const keep = (text: string) =>
      onLine(env.AWS_LAMBDA_LOG_GROUP_NAME ?? '', env.AWS_LAMBDA_LOG_STREAM_NAME ?? '', text);
    return new ExecutionEnvironment(
      definition,
      { program, env, ...(preload !== undefined && { preload }) },
      {
        line: (line) => {
          const isMetrics = isMetricsLine(line);
          if (isMetrics) onMetrics(definition.label, line);
          else keep(line);
          if (isVerbose || !isMetrics) say(shownLine(line));
        },
        remark: say,
        failed: (requestId, error) => keep(platformLine(requestId, error)),
      },
    );
  }

  /** Only what Lambda would give: nothing of this machine's environment may decide what a handler does. */
  #environmentVariables(definition: FunctionDefinition): NodeJS.ProcessEnv {
    const { region, endpointVariables } = this.#options;
    const { logGroup, format = 'Text', level } = definition.logging ?? {};
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    return {
      PATH: process.env.PATH,
      LANG: 'en_US.UTF-8',
      TZ: 'UTC',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: definition.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup ?? `/aws/lambda/${definition.name}`,
      AWS_LAMBDA_LOG_FORMAT: format,
      ...(level !== undefined && { AWS_LAMBDA_LOG_LEVEL: level }),
      AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
      LAMBDA_TASK_ROOT: definition.taskRoot,
      _HANDLER: definition.handler,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: 'local',
      ...endpointVariables,
      ...definition.environment,
    };
  }
}

/** Starting is heavy on the processor: more than it has cores for at a time would only make all of them late. */
function startGate(places: number): StartGate {
  const waiting: (() => Promise<void>)[] = [];
  let free = places;
  const next = (): void => {
    const start = free > 0 ? waiting.shift() : undefined;
    if (start === undefined) {
      return;
    }
    free -= 1;
    void start().finally(() => {
      free += 1;
      next();
    });
  };
  return {
    enter: (start) => {
      waiting.push(start);
      next();
    },
  };
}
