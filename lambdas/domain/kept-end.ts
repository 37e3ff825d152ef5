import { KEPT_END_MARK } from './storage-names.ts';
import type { TaskKey } from './task.ts';

/**
 * The key of an end that a row of its own keeps until its destination took it: of an invocation without a record, or of
 * the series before a redrive.
 */
export interface EndKey {
  readonly functionName: string;
  /** `i-` and the invocation's UUID, or `r-` and the submissionId of the series that ended. */
  readonly endId: string;
}

const END_ID = /^[ir]-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const REDRIVEN = 'r-';

export function isEndId(text: string): boolean {
  return END_ID.test(text);
}

/** The id of the end of a series that is redriven before its destination took it. */
export function redrivenEndId(submissionId: string): string {
  return `${REDRIVEN}${submissionId}`;
}

export function isRedrivenEnd({ endId }: EndKey): boolean {
  return endId.startsWith(REDRIVEN);
}

/** Returns what the end was submitted by: the invocation's id, or the submissionId of the series. */
export function submissionOf(key: EndKey): string {
  return isRedrivenEnd(key) ? key.endId.slice(REDRIVEN.length) : key.endId;
}

/** Returns the key of the row that keeps an end, in the form that the keys of tasks have. */
export function endRowKey({ functionName, endId }: EndKey): TaskKey {
  return { functionName, taskId: `${KEPT_END_MARK}${endId}` };
}

/**
 * Returns the key of the kept end that a row or an index entry is of, or undefined if it is of a task: the sweep reads both
 * from one index.
 */
export function endKeyOf({ functionName, taskId }: TaskKey): EndKey | undefined {
  const endId = taskId.slice(KEPT_END_MARK.length);
  return taskId.startsWith(KEPT_END_MARK) && isEndId(endId) ? { functionName, endId } : undefined;
}

/** What the objects of a kept end begin with, in the payload bucket. */
export function endObjectPrefix(resultPrefix: string, { functionName, endId }: EndKey): string {
  return `${resultPrefix}${functionName}/${KEPT_END_MARK}${endId}/`;
}
