import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodedText, encodedBytes, encodedText } from '../../lambdas/domain/encoded-text.ts';

describe('a text within JSON', () => {
  test('comes out as it went in, and takes no more room than was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = encodedText(text);
        expect(decodedText(JSON.parse(JSON.stringify(encoded)))).toBe(text);
        const [inside] = Object.values(encoded);
        expect(Buffer.byteLength(JSON.stringify(inside)) - encodedBytes(text)).toBeOneOf([0, 2]);
      }),
    );
  });

  test.each([
    ['few escapes', '{"a":1}'.padEnd(1000, ' '), 'text'],
    ['nothing but escapes', '"'.repeat(1000), 'base64'],
  ])('with %s is %3$s', (_, text, form) => {
    expect(Object.keys(encodedText(text))).toEqual([form]);
  });
});
