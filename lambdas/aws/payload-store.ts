import type { StoredText, TextOwner } from '../domain/task.ts';
import { s3Client } from './clients.ts';
import { callAws } from './faults.ts';

/** The object that held a text is gone: its lifecycle rule removed it, or it never was an object of this task. */
export class ObjectGoneError extends Error {
  override readonly name = 'ObjectGoneError';
}

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
    const [{ GetObjectCommand }, { isGone, isOwnKey, REFUSALS }] = await Promise.all([
      import('./s3-commands.ts'),
      import('./object-owner.ts'),
    ]);
    if (!isOwnKey(objectKey, owner)) throw new ObjectGoneError(`object ${objectKey} is not of this task`);
    const command = new GetObjectCommand({ Bucket: this.#bucketName, Key: objectKey });
    const client = await s3Client();
    try {
      return await callAws(
        'S3',
        async () => {
          const { Body } = await client.send(command, this.#call);
          return Body?.transformToString('utf-8') ?? '';
        },
        REFUSALS,
      );
    } catch (error) {
      if (!isGone(error, objectKey, owner, this.#clock())) throw error;
      throw new ObjectGoneError(`object ${objectKey} does not exist`, { cause: error });
    }
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
