import { type ClientErrorCode, TaskModeClientError } from './client-error.ts';
import { randomId } from './random-id.ts';
import { type CallOptions, jsonOf, pause, type Transport } from './transport.ts';

/** One task of a batch. */
export interface BatchTask {
  /** @default - a random one */
  readonly taskId?: string;
  readonly payload?: unknown;
  readonly delaySeconds?: number;
  readonly tenant?: string;
}

/** How one task of a batch went. */
export type BatchOutcome =
  | { readonly taskId: string; readonly isAccepted: true }
  | { readonly taskId: string; readonly isAccepted: false; readonly error: TaskModeClientError };

interface BatchAnswer {
  readonly taskId?: string;
  readonly statusCode: number;
  readonly Code?: ClientErrorCode;
  readonly Message?: string;
}

const ROUNDS_MAX = 4;
const PAUSE_MS = 200;

type SentTask = BatchTask & { readonly taskId: string };

/**
 * Submits up to 100 tasks in one request, each once however often it is repeated: one without an id gets one here, and
 * those that the API could not see to are sent again.
 */
export async function submitBatch(
  transport: Transport,
  functionName: string,
  tasks: readonly BatchTask[],
  { signal }: CallOptions = {},
): Promise<BatchOutcome[]> {
  const named: SentTask[] = tasks.map((task) => ({ ...task, taskId: task.taskId ?? `t-${randomId()}` }));
  const outcomes = new Map<number, BatchOutcome>();
  const unanswered = new Set<number>();
  let open = named.map((_, index) => index);
  for (let round = 1; open.length > 0; round += 1) {
    const body = JSON.stringify({ tasks: open.map((index) => named[index]) });
    const answer = await transport.call('SubmitAsyncTasks', { parameters: { functionName }, body, signal });
    if (answer.followsUnanswered) for (const index of open) unanswered.add(index);
    const { tasks: answers } = jsonOf<{ tasks: BatchAnswer[] }>(answer);
    for (const [position, index] of open.entries()) {
      const { taskId = '' } = named[index] ?? {};
      const one = answers[position] ?? { statusCode: 500 };
      outcomes.set(index, outcomeOf(taskId, one, unanswered.has(index), answer.requestId));
      if (one.statusCode >= 500) unanswered.add(index);
    }
    open = open.filter((index) => isWorthAnother(outcomes.get(index)));
    if (round >= ROUNDS_MAX) break;
    if (open.length > 0) await pause(PAUSE_MS * 2 ** round * Math.random(), signal);
  }
  return named.map(({ taskId }, index) => outcomes.get(index) ?? { taskId, isAccepted: true });
}

/** One that was accepted by a request that nobody answered is no duplicate. */
function outcomeOf(
  taskId: string,
  answer: BatchAnswer,
  wasUnanswered: boolean,
  requestId: string | undefined,
): BatchOutcome {
  const { statusCode, Code = 'UnexpectedResponse', Message = `answered ${statusCode}`, ...details } = answer;
  if (statusCode === 202) return { taskId, isAccepted: true };
  const isOwn = wasUnanswered && Code === 'AsyncTaskAlreadyExists';
  if (isOwn && 'isSamePayload' in details && details.isSamePayload === true)
    return { taskId, isAccepted: true };
  const error = new TaskModeClientError(Code, Message, { statusCode, requestId, details });
  return { taskId, isAccepted: false, error };
}

function isWorthAnother(outcome: BatchOutcome | undefined): boolean {
  return outcome?.isAccepted === false && (outcome.error.statusCode ?? 0) >= 500;
}
