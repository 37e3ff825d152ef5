import { createHmac } from 'node:crypto';
import { WEBHOOK_KEY_BYTES } from '../domain/limits.ts';

const SECRET = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/;

/** The key that a secret of Standard Webhooks stands for, with or without its prefix; undefined when it is none. */
export function signingKey(secret: string): Buffer | undefined {
  const [, text = ''] = SECRET.exec(secret.trim()) ?? [];
  const key = Buffer.from(text, 'base64');
  const isKey =
    text.length % 4 === 0 && key.length >= WEBHOOK_KEY_BYTES.min && key.length <= WEBHOOK_KEY_BYTES.max;
  return isKey ? key : undefined;
}

export interface SignedMessage {
  /** Without a full stop, which ends it in what is signed. */
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
}

/** The headers of Standard Webhooks 1.0.0, with one signature for each key that is valid. */
export function signatureHeaders({ id, timestampSeconds, body }: SignedMessage, keys: readonly Buffer[]) {
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}
