import { expect } from 'vitest';
import type { TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { expectDescribed, operationOf } from '../openapi/described.ts';

export interface AsyncTaskEvent {
  readonly eventId: number;
  readonly status: string;
  readonly timestamp: number;
  readonly eventDetail?: string;
}

export interface AsyncTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly startedTime: number;
  readonly endTime: number;
  readonly durationMs?: number;
  readonly taskPayload?: string;
  readonly returnPayload?: string;
  readonly taskErrorMessage?: string;
  readonly alreadyRetriedTimes: number;
  readonly destinationStatus: string;
  readonly events: readonly AsyncTaskEvent[];
}

export interface TaskList {
  readonly tasks: readonly AsyncTask[];
  readonly nextToken?: string;
}

export interface LogLine {
  readonly timestamp: number;
  readonly message: string;
  readonly level?: string;
  readonly requestId?: string;
  readonly instanceId: string;
}

export interface LogPage {
  readonly logs: readonly LogLine[];
  readonly isUpToDate: boolean;
  readonly nextToken?: string;
}

export interface Submit {
  readonly id?: string;
  readonly delay?: number;
  readonly payload?: unknown;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API of one runtime, as a client of it sees it. */
export class Api {
  readonly #root: string;

  constructor(url: string) {
    this.#root = `${url}/2023-03-30/functions`;
  }

  /** Every answer of an operation is held against the OpenAPI document. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const url = new URL(`${this.#root}${path}`);
    const response = await fetch(url, init);
    const operation = operationOf(init?.method ?? 'GET', url.pathname);
    // API Gateway's own answers have no such header.
    if (operation !== undefined && response.headers.has('x-fc-request-id')) {
      expectDescribed(operation, {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.clone().text(),
      });
    }
    return response;
  }

  submit(name: string, { id, delay, payload, body, headers }: Submit = {}): Promise<Response> {
    return this.fetch(`/${name}/invocations`, {
      method: 'POST',
      headers: {
        'x-fc-invocation-type': 'Async',
        ...(id !== undefined && { 'x-fc-async-task-id': id }),
        ...(delay !== undefined && { 'x-fc-async-delay': String(delay) }),
        ...headers,
      },
      body: body ?? (payload === undefined ? null : JSON.stringify(payload)),
    });
  }

  /** Runs a function now, and waits for it. */
  invoke(name: string, payload?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const body = payload === undefined ? null : JSON.stringify(payload);
    return this.fetch(`/${name}/invocations`, { method: 'POST', headers, body });
  }

  /** Submits a task that must be accepted, and returns its id. */
  async accepted(name: string, submit: Submit = {}): Promise<string> {
    const response = await this.submit(name, submit);
    expect(response.status, await response.text()).toBe(202);
    return response.headers.get('x-fc-async-task-id') ?? '';
  }

  get(name: string, id: string): Promise<Response> {
    return this.fetch(`/${name}/async-tasks/${id}`);
  }

  async task(name: string, id: string): Promise<AsyncTask> {
    const response = await this.get(name, id);
    expect(response.status).toBe(200);
    return (await response.json()) as AsyncTask;
  }

  stop(name: string, id: string): Promise<Response> {
    return this.fetch(`/${name}/async-tasks/${id}/stop`, { method: 'PUT' });
  }

  async list(name: string, query: Readonly<Record<string, string>> = {}): Promise<TaskList> {
    const response = await this.fetch(`/${name}/async-tasks?${new URLSearchParams(query)}`);
    expect(response.status).toBe(200);
    return (await response.json()) as TaskList;
  }

  /** Follows the pages of a list to its end. */
  async listAll(name: string, query: Readonly<Record<string, string>> = {}): Promise<AsyncTask[]> {
    const tasks: AsyncTask[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.list(name, { ...query, ...(nextToken && { nextToken }) });
      tasks.push(...page.tasks);
      nextToken = page.nextToken;
    } while (nextToken);
    return tasks;
  }

  /** Reads all that a task has logged so far. */
  async logs(name: string, id: string, query: Readonly<Record<string, string>> = {}): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    let nextToken: string | undefined;
    for (let isUpToDate = false; !isUpToDate; ) {
      const params = new URLSearchParams({ ...query, ...(nextToken && { nextToken }) });
      const response = await this.fetch(`/${name}/async-tasks/${id}/logs?${params}`);
      expect(response.status).toBe(200);
      const page = (await response.json()) as LogPage;
      lines.push(...page.logs);
      ({ isUpToDate, nextToken } = page);
    }
    return lines;
  }

  /** Waits until a task has a status, and returns it as it is then. */
  async until(name: string, id: string, status: TaskStatus, timeout = 15_000): Promise<AsyncTask> {
    await expect.poll(async () => (await this.task(name, id)).status, { timeout, interval: 50 }).toBe(status);
    return this.task(name, id);
  }
}

export async function errorOf(
  response: Response,
): Promise<{ status: number; Code?: string; Message?: string }> {
  return { status: response.status, ...((await response.json()) as object) };
}

export const statusesOf = ({ events }: AsyncTask): string[] => events.map(({ status }) => status);
