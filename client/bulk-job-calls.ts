import type { BulkJob, BulkJobOrder, BulkJobPreview } from './bulk-job-types.ts';
import { randomId } from './random-id.ts';
import { type CallOptions, jsonOf, PAGE_LIMIT, pause, type Transport } from './transport.ts';

export interface StartBulkJobOptions extends CallOptions {
  /** Your own id, as of a task. @default - a random one */
  readonly bulkJobId?: string;
}

export interface WaitForBulkJobOptions extends CallOptions {
  /** Told of the job each time it was read. */
  readonly onRead?: (job: BulkJob) => void;
}

const POLL_MS = { first: 200, growth: 1.5, max: 2000 } as const;

/** The calls on bulk jobs: what is done to all tasks that a filter finds. */
export class BulkJobCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Counts the tasks that a job would act on, and changes nothing. */
  async preview(
    functionName: string,
    order: Pick<BulkJobOrder, 'action' | 'filter'>,
    { signal }: CallOptions = {},
  ): Promise<BulkJobPreview> {
    const body = JSON.stringify({ ...order, dryRun: true });
    return jsonOf(await this.#transport.call('StartBulkJob', { parameters: { functionName }, body, signal }));
  }

  /**
   * Has a job begun, once however often the request is repeated: one without an id gets one here.
   * @throws TaskModeClientError `BulkJobAlreadyExists` when the id is that of a job that is to do something else.
   */
  async start(
    functionName: string,
    order: BulkJobOrder,
    { bulkJobId = `b-${randomId()}`, signal }: StartBulkJobOptions = {},
  ): Promise<BulkJob> {
    const body = JSON.stringify({ ...order, bulkJobId });
    return jsonOf(await this.#transport.call('StartBulkJob', { parameters: { functionName }, body, signal }));
  }

  /** Reads a job, and how far it is. */
  async get(functionName: string, bulkJobId: string, { signal }: CallOptions = {}): Promise<BulkJob> {
    const parameters = { functionName, bulkJobId };
    return jsonOf(await this.#transport.call('GetBulkJob', { parameters, signal }));
  }

  /** Reads a function's jobs page by page as they are asked for, the latest first. */
  async *list(functionName: string, { signal }: CallOptions = {}): AsyncGenerator<BulkJob, void, undefined> {
    let nextToken: string | undefined;
    do {
      const call = { parameters: { functionName }, query: { limit: PAGE_LIMIT, nextToken }, signal };
      const page = jsonOf<{ bulkJobs: BulkJob[]; nextToken?: string }>(
        await this.#transport.call('ListBulkJobs', call),
      );
      yield* page.bulkJobs;
      nextToken = page.nextToken;
    } while (nextToken);
  }

  /** Has a job act on no further task. What it has done stays done. */
  async stop(functionName: string, bulkJobId: string, { signal }: CallOptions = {}): Promise<void> {
    const parameters = { functionName, bulkJobId };
    await this.#transport.call('StopBulkJob', { parameters, signal });
  }

  /** Waits until a job has ended, however it did, and returns it. */
  async wait(
    functionName: string,
    bulkJobId: string,
    { onRead, signal }: WaitForBulkJobOptions = {},
  ): Promise<BulkJob> {
    let pauseMs: number = POLL_MS.first;
    for (;;) {
      const job = await this.get(functionName, bulkJobId, signal ? { signal } : {});
      onRead?.(job);
      if (job.endTime !== undefined) return job;
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * POLL_MS.growth, POLL_MS.max);
    }
  }
}
