import type { TaskStatus } from './lifecycle.ts';
import type { StoredText, Task } from './task.ts';

/** What a submit does whose id is taken: it is refused, or answers the task that is there. */
export type OnDuplicate = 'refuse' | 'return';

/** The task that has the id already, as far as a submit tells about it. */
export interface ExistingTask {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** Whether it was submitted with the very same JSON text; undefined where nothing is left to tell by. */
  readonly isSamePayload: boolean | undefined;
}

/** A payload as its submit has it. */
export interface PayloadText {
  readonly text: string;
  readonly digest: string;
}

export function existingTask({ taskId, status, payload }: Task, submitted: PayloadText): ExistingTask {
  return { taskId, status, isSamePayload: isSamePayload(payload, submitted) };
}

/** Compares the texts, byte by byte: the same data in other words is another payload. */
function isSamePayload(stored: StoredText, { text, digest }: PayloadText): boolean | undefined {
  if ('text' in stored) return stored.text === text;
  return stored.digest === undefined ? undefined : stored.digest === digest;
}
