import type { BulkJobKey } from '../domain/bulk-job.ts';
import type { Invocation } from '../domain/invocation.ts';
import { readInvocation } from '../domain/invocation-check.ts';
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
    const { functionName, taskId, endId, invocation: sent } = JSON.parse(body) as MessageBody;
    if (sent) {
      const invocation = readInvocation(sent);
      return invocation && { kind: 'invocation', invocation };
    }
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

/** The message that has a worker look at a bulk job: in a queue of its own. */
export interface BulkJobMessage extends BulkJobKey {
  /** Since when AWS has not let it be worked on, in milliseconds; absent while AWS does. */
  readonly failingSince?: number;
}

export function toBulkJobMessageBody({ functionName, bulkJobId, failingSince }: BulkJobMessage): string {
  return JSON.stringify({ functionName, bulkJobId, failingSince });
}

/** Reads which bulk job a message is about; undefined when it is not such a message. */
export function parseBulkJobMessage(body: string): BulkJobMessage | undefined {
  try {
    const { functionName, bulkJobId, failingSince } = JSON.parse(body) as Record<string, unknown>;
    if (!isKey(functionName, bulkJobId)) return undefined;
    const key = { functionName, bulkJobId } as BulkJobKey;
    return typeof failingSince === 'number' ? { ...key, failingSince } : key;
  } catch {
    return undefined;
  }
}

/** That an execution has ended: as EventBridge tells it, and as a fresh message of ours does. */
export interface ExecutionEnd {
  readonly executionArn: string;
  /** As Step Functions calls it. */
  readonly status: string;
  /** When it was told first, in milliseconds. */
  readonly time: number;
}

/** The ARN of an execution (AWS Step Functions, resource types for IAM), of a child of a distributed Map too. */
const EXECUTION_ARN = /^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[^\s:]+:[^\s:]+$/;

export function toExecutionEndBody({ executionArn, status, time }: ExecutionEnd): string {
  return JSON.stringify({ time: new Date(time).toISOString(), detail: { executionArn, status } });
}

/** Reads that an execution has ended, from EventBridge's event or from ours; undefined when it is no such message. */
export function parseExecutionEnd(body: string): ExecutionEnd | undefined {
  try {
    const { time, detail } = JSON.parse(body) as { time: unknown; detail: Record<string, unknown> };
    const { executionArn, status } = detail;
    const told = Date.parse(String(time));
    const isEnd =
      typeof executionArn === 'string' &&
      EXECUTION_ARN.test(executionArn) &&
      typeof status === 'string' &&
      Number.isFinite(told);
    return isEnd ? { executionArn, status, time: told } : undefined;
  } catch {
    return undefined;
  }
}

function isKey(functionName: unknown, taskId: unknown): boolean {
  return isText(functionName, FUNCTION_NAME_PATTERN) && isText(taskId, TASK_ID_PATTERN);
}

function isEndKey(functionName: unknown, endId: unknown): boolean {
  return isText(functionName, FUNCTION_NAME_PATTERN) && typeof endId === 'string' && isEndId(endId);
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
