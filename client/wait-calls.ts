import { isTerminal } from '../lambdas/domain/lifecycle.ts';
import { type CallOptions, GATEWAY_TIMEOUT_MS, jsonOf, pause, type Transport } from './transport.ts';
import type { AsyncTask } from './wire-types.ts';

export interface WaitOptions extends CallOptions {
  /** Gives up after this, and answers the task as it is then. @default - never */
  readonly timeoutMs?: number;
  /** Told of the task each time it was read. */
  readonly onRead?: (task: AsyncTask) => void;
}

/** How long one request of `wait` asks to be held, and how long one that was not held pauses. */
const WAIT = { seconds: 20, firstPauseMs: 200, maxPauseMs: 2000 } as const;

/** Reads a task until it has ended, by requests that the API holds. */
export async function waitForTask(
  transport: Transport,
  parameters: { readonly functionName: string; readonly taskId: string },
  { timeoutMs = Number.POSITIVE_INFINITY, onRead, signal }: WaitOptions,
): Promise<AsyncTask> {
  const endMs = performance.now() + timeoutMs;
  let pauseMs: number = WAIT.firstPauseMs;
  for (;;) {
    const askedMs = performance.now();
    const seconds = Math.max(Math.min(WAIT.seconds, Math.floor((endMs - askedMs) / 1000)), 0);
    const query = { wait: seconds > 0 ? seconds : undefined };
    const call = { parameters, query, timeoutMs: GATEWAY_TIMEOUT_MS, signal };
    const task = jsonOf<AsyncTask>(await transport.call('GetAsyncTask', call));
    onRead?.(task);
    const nowMs = performance.now();
    if (isTerminal(task.status) || nowMs >= endMs) return task;
    // A request that was held has waited enough.
    if (nowMs - askedMs > pauseMs) continue;
    await pause(Math.min(pauseMs, endMs - nowMs), signal);
    pauseMs = Math.min(pauseMs * 1.5, WAIT.maxPauseMs);
  }
}
