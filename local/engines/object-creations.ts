import type { ObjectSpy, Stores } from './fauxqs-parts.ts';

/** An object that was put into a bucket. */
export interface ObjectCreation {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** The call that made it. What was copied or posted counts as put. */
  readonly reason: 'PutObject' | 'CompleteMultipartUpload';
}

/** Tells of each object that is put into a bucket, once it is there. */
export function onObjectCreated(
  store: Stores['s3Store'],
  spy: ObjectSpy,
  tell: (creation: ObjectCreation) => void,
): void {
  // fauxqs notes a posted object twice. Each that is put has a date of its own.
  const told = new WeakSet<Date>();
  spy.addMessage = (message) => {
    if (message.service !== 's3' || message.status !== 'uploaded') return;
    const { bucket, key } = message;
    const { contentLength, etag, lastModified } = store.headObject(bucket, key);
    if (told.has(lastModified)) return;
    told.add(lastModified);
    const unquoted = etag.replaceAll('"', '');
    // S3: the ETag of what was uploaded in parts ends in how many there were.
    const reason = unquoted.includes('-') ? 'CompleteMultipartUpload' : 'PutObject';
    tell({ bucket, key, bytes: contentLength, etag: unquoted, reason });
  };
  store.spy = spy;
}
