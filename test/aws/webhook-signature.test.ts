import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { signatureHeaders, signingKey } from '../../lambdas/aws/webhook-signature.ts';

const key = (byte: number, length = 24) => Buffer.alloc(length, byte);
const secretOf = (bytes: Buffer) => `whsec_${bytes.toString('base64')}`;

describe('a secret', () => {
  test.each([
    ['with its prefix', secretOf(key(1)), key(1)],
    ['without it', key(1).toString('base64'), key(1)],
    ['of 64 bytes', secretOf(key(1, 64)), key(1, 64)],
    ['with a line break behind it', `${secretOf(key(1))}\n`, key(1)],
    [
      'of 32 letters and digits, as Secrets Manager makes them',
      'abcdefghijklmnopqrstuvwxyzABCD12',
      undefined,
    ],
  ])('is a key: %s', (_, secret, expected) => {
    expect(signingKey(secret)).toEqual(expected ?? Buffer.from(secret, 'base64'));
  });

  test.each([
    ['empty', ''],
    ['the prefix alone', 'whsec_'],
    ['too short', secretOf(key(1, 23))],
    ['too long', secretOf(key(1, 65))],
    ['not in base64', 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'],
    ['cut off', secretOf(key(1)).slice(0, -1)],
    ['an asymmetric one', `whsk_${key(1, 64).toString('base64')}`],
    ['JSON', '{"secret":"whsec_"}'],
  ])('is no key: %s', (_, secret) => {
    expect(signingKey(secret)).toBeUndefined();
  });
});

test('the receiver of another author accepts every message, and none that was changed', () => {
  const now = Math.floor(Date.now() / 1000);
  const receiver = new Webhook(secretOf(key(1)));
  fc.assert(
    fc.property(fc.json(), fc.stringMatching(/^[\w/-]{1,200}$/), fc.nat(), (body, id, place) => {
      const headers = signatureHeaders({ id, timestampSeconds: now, body }, [key(1)]);
      expect(receiver.verify(body, headers)).toEqual(JSON.parse(body));
      const at = place % body.length;
      const changed = `${body.slice(0, at)}~${body.slice(at + 1)}`;
      for (const [text, signed] of [
        [changed === body ? `${body} ` : changed, headers],
        [body, { ...headers, 'webhook-id': `${id}x` }],
        [body, { ...headers, 'webhook-timestamp': String(now + 1) }],
      ] as const) {
        expect(() => receiver.verify(text, signed)).toThrow('No matching signature found');
      }
    }),
  );
});

test('two keys sign at once, and a receiver of either accepts', () => {
  const message = { id: 'id', timestampSeconds: Math.floor(Date.now() / 1000), body: '{}' };
  const headers = signatureHeaders(message, [key(1), key(2)]);
  expect(headers['webhook-signature']).toMatch(/^v1,[\w+/=]{44} v1,[\w+/=]{44}$/);
  for (const byte of [1, 2]) expect(new Webhook(secretOf(key(byte))).verify('{}', headers)).toEqual({});
  expect(() => new Webhook(secretOf(key(3))).verify('{}', headers)).toThrow();
});
