import type { BulkJobKey } from '../domain/bulk-job.ts';
import type { Invocation } from '../domain/invocation.ts';
import { type EndKey, endKeyOf, isEndId } from '../domain/kept-end.ts';
import { FUNCTION_NAME_PATTERN, TASK_ID_PATTERN } from '../domain/limits.ts';
import type { TaskKey } from '../domain/task.ts';
import { withoutNoncharacters } from '../domain/text.ts';

/**
 * What a message is about: a task or a kept end, of which it holds the key and nothing else, or an invocation that has no
 * record. Queues that functions share hold keys only: anybody in the deployment can send to them.
 */
export type Message =
  | { readonly kind: 'wakeUp'; readonly key: TaskKey }
  | { readonly kind: 'keptEnd'; readonly key: EndKey }
  | { readonly kind: 'invocation'; readonly invocation: Invocation };

/** The fields by which a message is told from the others. A wake-up has none of its own: it is as small as can be. */
interface MessageBody extends Partial<Record<keyof TaskKey | keyof EndKey, unknown>> {
  readonly invocation?: Invocation;
}

/** Writes a message. The key of a kept end's row, as indexes have it, becomes that of the end. */
export function toMessageBody(message: Message): string {
  if (message.kind === 'invocation') {
    return withoutNoncharacters(JSON.stringify({ invocation: message.invocation }));
  }
  const { functionName } = message.key;
  const endKey = message.kind === 'keptEnd' ? message.key : endKeyOf(message.key);
  return JSON.stringify(
    endKey
      ? { functionName, endId: endKey.endId }
      : { functionName, taskId: (message.key as TaskKey).taskId },
  );
}

/** Reads a message; undefined when it is none of ours. */
export function parseMessage(body: string): Message | undefined {
  try {
    const { functionName, taskId, endId, invocation } = JSON.parse(body) as MessageBody;
    if (invocation) return isInvocation(invocation) ? { kind: 'invocation', invocation } : undefined;
    if (endId !== undefined) {
      return isEndKey(functionName, endId)
        ? { kind: 'keptEnd', key: { functionName, endId } as EndKey }
        : undefined;
    }
    return isKey(functionName, taskId)
      ? { kind: 'wakeUp', key: { functionName, taskId } as TaskKey }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a message about a task; undefined when it is another one. */
export function parseWakeUp(body: string): TaskKey | undefined {
  const message = parseMessage(body);
  return message?.kind === 'wakeUp' ? message.key : undefined;
}

/** The message that has a worker look at a bulk job: in a queue of its own, and without state as any. */
export function toBulkJobMessageBody({ functionName, bulkJobId }: BulkJobKey): string {
  return JSON.stringify({ functionName, bulkJobId });
}

/** Reads which bulk job a message is about; undefined when it is none of ours. */
export function parseBulkJobMessage(body: string): BulkJobKey | undefined {
  try {
    const { functionName, bulkJobId } = JSON.parse(body) as Partial<Record<keyof BulkJobKey, unknown>>;
    return isKey(functionName, bulkJobId) ? ({ functionName, bulkJobId } as BulkJobKey) : undefined;
  } catch {
    return undefined;
  }
}

function isKey(functionName: unknown, taskId: unknown): boolean {
  return isFunctionName(functionName) && typeof taskId === 'string' && TASK_ID_PATTERN.test(taskId);
}

function isEndKey(functionName: unknown, endId: unknown): boolean {
  return isFunctionName(functionName) && typeof endId === 'string' && isEndId(endId);
}

function isFunctionName(functionName: unknown): boolean {
  return typeof functionName === 'string' && FUNCTION_NAME_PATTERN.test(functionName);
}

function isInvocation({ functionName, invocationId, attempt, payload, config }: Invocation): boolean {
  return (
    isKey(functionName, invocationId) &&
    typeof attempt === 'number' &&
    typeof payload === 'object' &&
    typeof config === 'object'
  );
}
