import { TaskModeError } from '../domain/errors.ts';
import { PAYLOAD_RETENTION_DAYS, RESULT_RETENTION_DAYS } from '../domain/limits.ts';
import { OBJECT_PREFIXES } from '../domain/storage-names.ts';
import type { StoredText, TextOwner } from '../domain/task.ts';
import { s3Client } from './clients.ts';
import { callAws } from './faults.ts';

/** The object that held a text is gone: its lifecycle rule removed it, or it never was an object of this task. */
export class ObjectGoneError extends Error {
  override readonly name = 'ObjectGoneError';
}

const NO_SUCH_OBJECT = ['NoSuchKey', 'NotFound'];

/**
 * S3's answer for a missing object to a role that may not list the bucket (S3 GetObject), and ours may not: user code must not
 * learn the names of other tasks' objects. It is also the answer while a policy or an endpoint denies the call.
 */
const ACCESS_DENIED = 'AccessDenied';

/** A lifecycle rule removes an object after its days (S3). A day less for what differs: clocks, and a result's write from its end. */
const DAY_MS = 86_400_000;
const SLACK_DAYS = 1;

export interface PayloadStoreOptions {
  readonly bucketName: string;
  readonly signal?: AbortSignal;
  /** @default Date.now */
  readonly clock?: () => number;
}

/**
 * Texts too large for the row. A key names its writer (the submission or the run), so no writer can ever
 * overwrite another's bytes.
 */
export class PayloadStore {
  readonly #bucketName: string;
  readonly #call: { abortSignal?: AbortSignal };
  readonly #clock: () => number;

  constructor({ bucketName, signal, clock = Date.now }: PayloadStoreOptions) {
    this.#bucketName = bucketName;
    this.#clock = clock;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  async put(objectKey: string, text: string): Promise<void> {
    const { PutObjectCommand } = await import('./s3-commands.ts');
    const command = new PutObjectCommand({
      Bucket: this.#bucketName,
      Key: objectKey,
      Body: text,
      ContentType: 'application/json',
    });
    const client = await s3Client();
    await callAws('S3', () => client.send(command, this.#call));
  }

  /**
   * Reads a text of a task. A key comes from a row that user code may write: one of another task's object is not read.
   * @throws ObjectGoneError
   * @throws TaskModeError `ServiceUnavailable` when S3 is away, or denies access to an object that must still be there
   */
  async read(stored: StoredText, owner: TextOwner): Promise<string> {
    if ('text' in stored) return stored.text;
    const { objectKey } = stored;
    if (!isOwnKey(objectKey, owner)) {
      const { functionName, taskId } = owner;
      console.error({
        message: 'object not read: its key is not of this task',
        functionName,
        taskId,
        objectKey,
      });
      throw new ObjectGoneError(`object ${objectKey} is not of this task`);
    }
    const { GetObjectCommand } = await import('./s3-commands.ts');
    const command = new GetObjectCommand({ Bucket: this.#bucketName, Key: objectKey });
    const client = await s3Client();
    try {
      return await callAws('S3', async () => {
        const { Body } = await client.send(command, this.#call);
        return Body?.transformToString('utf-8') ?? '';
      }, [...NO_SUCH_OBJECT, ACCESS_DENIED]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const isDenied = error.name === ACCESS_DENIED;
      if (NO_SUCH_OBJECT.includes(error.name) || (isDenied && this.#hasExpired(objectKey, owner))) {
        throw new ObjectGoneError(`object ${objectKey} does not exist`, { cause: error });
      }
      if (!isDenied) throw error;
      throw new TaskModeError('ServiceUnavailable', 'S3 denied access to an object. Please retry.', {
        cause: error,
      });
    }
  }

  /** Tells whether the lifecycle rule may have removed an object. */
  #hasExpired(objectKey: string, { since }: TextOwner): boolean {
    const days = objectKey.startsWith(OBJECT_PREFIXES.result)
      ? RESULT_RETENTION_DAYS
      : PAYLOAD_RETENTION_DAYS;
    return this.#clock() - since > (days - SLACK_DAYS) * DAY_MS;
  }

  /** Removes an object that lost its race. What stays behind, the lifecycle rule takes. */
  async discard(stored: StoredText): Promise<void> {
    if ('text' in stored) return;
    const { DeleteObjectCommand } = await import('./s3-commands.ts');
    const command = new DeleteObjectCommand({ Bucket: this.#bucketName, Key: stored.objectKey });
    const client = await s3Client();
    await client.send(command, this.#call).catch(() => undefined);
  }
}

/** What a key has behind its folder: the id of its writer, or what an end that is kept aside calls its texts. */
const OBJECT_NAME = /^[A-Za-z0-9_-]+$/;

/**
 * Tells whether an object is one of this task, `payloads/<function>/<task>/…` or `results/<function>/<task>/…`, or of an end of its
 * function that is kept aside, `results/<function>/!<id>/…`.
 */
function isOwnKey(objectKey: string, { functionName, taskId }: TextOwner): boolean {
  const [kind, ofFunction, ofTask = '', name = '', ...more] = objectKey.split('/');
  const isResult = `${kind}/` === OBJECT_PREFIXES.result;
  if (!isResult && `${kind}/` !== OBJECT_PREFIXES.payload) return false;
  const isOwn = ofTask === taskId || (isResult && /^!./.test(ofTask));
  return ofFunction === functionName && isOwn && OBJECT_NAME.test(name) && more.length === 0;
}
