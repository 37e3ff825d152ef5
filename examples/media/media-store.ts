import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({});

/** The bucket of the images and of what is made of them, which bin/app.ts gives to the functions of `media`. */
function bucketName(): string {
  const name = process.env.MEDIA_BUCKET;
  if (!name) throw new Error('the environment variable MEDIA_BUCKET must name the bucket of the images');
  return name;
}

/** Reads an object; undefined when there is none. */
export async function readObject(key: string, signal: AbortSignal): Promise<Buffer | undefined> {
  try {
    const command = new GetObjectCommand({ Bucket: bucketName(), Key: key });
    const { Body } = await s3.send(command, { abortSignal: signal });
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** Writes an object. A task that is repeated writes the same key again. */
export async function writeObject(
  key: string,
  body: Buffer | string,
  type: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new PutObjectCommand({ Bucket: bucketName(), Key: key, Body: body, ContentType: type });
  await s3.send(command, { abortSignal: signal });
}
