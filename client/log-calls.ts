import { type CallOptions, jsonOf, pause, type Transport } from './transport.ts';
import type { LogFilter, TaskLogLine, TaskLogPage } from './wire-types.ts';

/** How often who follows a log asks for more. CloudWatch Logs takes as few as five searches a second from an account. */
const FOLLOW_PAUSE_MS = 2000;

/** The most that a page may have. */
const LOG_PAGE_LIMIT = 1000;

export interface LogOptions extends LogFilter, CallOptions {
  /** Goes on until the task has ended, and what it logged has had time to arrive. @default false */
  readonly follow?: boolean;
}

/** Reads one page of what a task has logged, the oldest lines first. */
export async function readLogPage(
  transport: Transport,
  parameters: { readonly functionName: string; readonly taskId: string },
  { signal, ...query }: LogFilter & CallOptions & { readonly nextToken?: string | undefined },
): Promise<TaskLogPage> {
  return jsonOf(await transport.call('GetAsyncTaskLogs', { parameters, query, signal }));
}

/** Reads what a task has logged page by page as it is asked for. */
export async function* readLogs(
  transport: Transport,
  parameters: { readonly functionName: string; readonly taskId: string },
  { follow = false, signal, ...filter }: LogOptions,
): AsyncGenerator<TaskLogLine, void, undefined> {
  let nextToken: string | undefined;
  for (;;) {
    const query = { limit: LOG_PAGE_LIMIT, ...filter, nextToken };
    const page = await readLogPage(transport, parameters, { ...query, ...(signal && { signal }) });
    yield* page.logs;
    nextToken = page.nextToken;
    if (nextToken === undefined || (page.isUpToDate && !follow)) return;
    if (page.isUpToDate) await pause(FOLLOW_PAUSE_MS, signal);
  }
}
