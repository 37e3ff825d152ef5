import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsJsonApi, serveAwsJsonApi } from '../aws-json-api.ts';
import type { JsonObject } from '../json.ts';
import type { StatusEvent } from './status-event.ts';
import type { FunctionCaller } from './task-caller.ts';
import type { WorkflowService } from './workflow-service.ts';

/** An output of 256 KiB whose every character is escaped, and the rest of the request. */
const MAX_REQUEST_BYTES = 2 * 1024 * 1024;

/** Named here, and served in workflow-operations.ts, which is not loaded before the first call. */
const OPERATION_NAMES = [
  'StartExecution',
  'DescribeExecution',
  'ListExecutions',
  'StopExecution',
  'GetExecutionHistory',
  'DescribeStateMachine',
  'SendTaskSuccess',
  'SendTaskFailure',
  'SendTaskHeartbeat',
] as const;
export type OperationName = (typeof OPERATION_NAMES)[number];

export interface WorkflowsOptions {
  /** Folder that keeps executions. */
  readonly dir: string;
  readonly region: string;
  readonly accountId: string;
  readonly lambda: () => FunctionCaller;
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly onStatusChange: (event: StatusEvent) => void;
  readonly log: (line: string) => void;
}

/** Step Functions on this machine, behind its own API. Until somebody needs it, it is a socket that listens. */
export class Workflows {
  readonly #options: WorkflowsOptions;
  #service: Promise<WorkflowService> | undefined;
  #isStopped = false;

  constructor(options: WorkflowsOptions) {
    this.#options = options;
  }

  /** The service itself, loaded when it is first asked for. */
  service(): Promise<WorkflowService> {
    if (this.#isStopped) {
      return Promise.reject(new Error('the local runtime is stopping'));
    }
    this.#service ??= this.#load();
    return this.#service;
  }

  serve(): Promise<AwsJsonApi> {
    const call = (name: OperationName) => async (input: JsonObject) => {
      const [{ OPERATIONS }, service] = await Promise.all([
        import('./workflow-operations.ts'),
        this.service(),
      ]);
      return OPERATIONS[name](service, input);
    };
    return serveAwsJsonApi({
      service: 'AWSStepFunctions',
      version: '1.0',
      maxRequestBytes: MAX_REQUEST_BYTES,
      calls: Object.fromEntries(OPERATION_NAMES.map((name) => [name, call(name)])),
    });
  }

  /** Says of each execution that an earlier runtime left running that it was cut off. */
  async endInterrupted(): Promise<void> {
    if (this.#service !== undefined || existsSync(this.#options.dir)) {
      (await this.service()).endInterrupted();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const service = this.#service;
    this.#service = undefined;
    (await service?.catch(() => undefined))?.stop();
  }

  async #load(): Promise<WorkflowService> {
    const [{ WorkflowService }, { TaskCaller }] = await Promise.all([
      import('./workflow-service.ts'),
      import('./task-caller.ts'),
    ]);
    const { dir, lambda, sqs, ...options } = this.#options;
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'executions.sqlite');
    return new WorkflowService({ ...options, file, caller: new TaskCaller(lambda(), sqs) });
  }
}
