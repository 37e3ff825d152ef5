import { TaskModeError } from '../domain/errors.ts';
import { PAYLOAD_RETENTION_DAYS, RESULT_RETENTION_DAYS } from '../domain/limits.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import type { TextOwner } from '../domain/task.ts';

/** What a key has behind its folder: the id of its writer, or what an end that is kept aside calls its texts. */
const OBJECT_NAME = /^[A-Za-z0-9_-]+$/;

/**
 * Tells whether an object is one of this task, `payloads/<function>/<task>/…` or `results/<function>/<task>/…`, or of an end of its
 * function that is kept aside, `results/<function>/!<id>/…`; logs one that is not.
 */
export function isOwnKey(objectKey: string, { functionName, taskId }: TextOwner): boolean {
  const [kind, ofFunction, ofTask = '', name = '', ...more] = objectKey.split('/');
  const isResult = `${kind}/` === OBJECT_PREFIXES.result;
  const isOwn =
    (isResult || `${kind}/` === OBJECT_PREFIXES.payload) &&
    ofFunction === functionName &&
    (ofTask === taskId || (isResult && /^!./.test(ofTask))) &&
    OBJECT_NAME.test(name) &&
    more.length === 0;
  if (!isOwn) {
    const message = 'object not read: its key is not of this task';
    console.error({ message, functionName, taskId, objectKey });
  }
  return isOwn;
}

const DAY_MS = 86_400_000;

/** A lifecycle rule removes an object after its days (S3). A day less for what differs: clocks, and a result's write from its end. */
const SLACK_DAYS = 1;

function mayHaveExpired(objectKey: string, { since }: TextOwner, now: number): boolean {
  const isResult = objectKey.startsWith(OBJECT_PREFIXES.result);
  const days = isResult ? RESULT_RETENTION_DAYS : PAYLOAD_RETENTION_DAYS;
  return now - since > (days - SLACK_DAYS) * DAY_MS;
}

/**
 * S3's answer for a missing object to a role that may not list the bucket (S3 GetObject), and ours may not: user code must not
 * learn the names of other tasks' objects. It is also the answer while a policy or an endpoint denies the call.
 */
const ACCESS_DENIED = 'AccessDenied';

/** The refusals of a read that say something about the object. */
export const REFUSALS = ['NoSuchKey', 'NotFound', ACCESS_DENIED];

/**
 * Tells whether a read failed since the object is gone: S3 does not know it, or denies access to one that its rule has removed.
 * @throws TaskModeError `ServiceUnavailable` when S3 denies access to an object that must still be there.
 */
export function isGone(error: unknown, objectKey: string, owner: TextOwner, now: number): boolean {
  if (!(error instanceof Error) || !REFUSALS.includes(error.name)) return false;
  if (error.name !== ACCESS_DENIED || mayHaveExpired(objectKey, owner, now)) return true;
  throw new TaskModeError('ServiceUnavailable', 'S3 denied access to an object. Please retry.', {
    cause: error,
  });
}
