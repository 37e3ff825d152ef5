import { createHash } from 'node:crypto';
import type { ReportedEnd } from '../domain/reported-end.ts';

/** 128 bits: as many as a UUID has. */
const HASH_CHARACTERS = 32;

/**
 * Returns the id of an end's deliveries: the same at every one, and another for each end that a task has. Destinations see
 * it, so it holds a hash of the submissionId, which is a part of the names of objects.
 */
export function followUpId(
  {
    functionName,
    taskId,
    series,
    status,
  }: Pick<ReportedEnd, 'functionName' | 'taskId' | 'series' | 'status'>,
  submissionId: string,
): string {
  const submission = createHash('sha256').update(submissionId).digest('hex').slice(0, HASH_CHARACTERS);
  return [functionName, taskId, submission, series, status].join('/');
}
