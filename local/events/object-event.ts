import { randomBytes, randomUUID } from 'node:crypto';
import type { ObjectCreation } from '../engines/object-creations.ts';
import type { BusEvent } from './event-buses.ts';

/** Makes the event by which S3 tells EventBridge of an object that was created (Amazon S3, EventBridge event structure). */
export function objectEvent(
  { bucket, key, bytes, etag, reason }: ObjectCreation,
  region: string,
  account: string,
): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size: bytes, etag, sequencer: randomBytes(9).toString('hex').toUpperCase() },
      'request-id': randomBytes(8).toString('hex').toUpperCase(),
      requester: account,
      'source-ip-address': '127.0.0.1',
      reason,
    },
  };
}
