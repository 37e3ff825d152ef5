import type { StoredText } from '../domain/task.ts';
import { s3Client } from './clients.ts';
import { callAws } from './faults.ts';

/** The object that held a text is gone: its lifecycle rule took it. */
export class ObjectGoneError extends Error {
  override readonly name = 'ObjectGoneError';
}

// A role that may not list the bucket is told AccessDenied for a missing object (S3 GetObject), and ours may not:
// user code has no business with the names of other tasks' objects.
const OBJECT_GONE = ['NoSuchKey', 'NotFound', 'AccessDenied'];

export interface PayloadStoreOptions {
  readonly bucketName: string;
  readonly signal?: AbortSignal;
}

/**
 * Texts too large for the row. A key names its writer (the submission or the run), so no writer can ever
 * overwrite another's bytes.
 */
export class PayloadStore {
  readonly #bucketName: string;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ bucketName, signal }: PayloadStoreOptions) {
    this.#bucketName = bucketName;
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

  /** @throws ObjectGoneError */
  async read(stored: StoredText): Promise<string> {
    if ('text' in stored) return stored.text;
    const { GetObjectCommand } = await import('./s3-commands.ts');
    const command = new GetObjectCommand({ Bucket: this.#bucketName, Key: stored.objectKey });
    const client = await s3Client();
    try {
      return await callAws(
        'S3',
        async () => {
          const { Body } = await client.send(command, this.#call);
          return Body?.transformToString('utf-8') ?? '';
        },
        OBJECT_GONE,
      );
    } catch (error) {
      if (error instanceof Error && OBJECT_GONE.includes(error.name)) {
        throw new ObjectGoneError(`object ${stored.objectKey} does not exist`, { cause: error });
      }
      throw error;
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
