import { byteLength } from './text.ts';

/** A text within JSON: as it is, or as base64 where its escapes take more room than the third that base64 adds. */
export type EncodedText = { readonly text: string } | { readonly base64: string };

export function encodedText(text: string): EncodedText {
  return bytesAsText(text) <= bytesAsBase64(text)
    ? { text }
    : { base64: Buffer.from(text).toString('base64') };
}

export function decodedText(encoded: EncodedText): string {
  return 'text' in encoded ? encoded.text : Buffer.from(encoded.base64, 'base64').toString('utf-8');
}

/** How many bytes a text takes within JSON, in the shorter of both ways. */
export function encodedBytes(text: string): number {
  return Math.min(bytesAsText(text), bytesAsBase64(text));
}

function bytesAsText(text: string): number {
  return byteLength(JSON.stringify(text));
}

function bytesAsBase64(text: string): number {
  return Math.ceil(byteLength(text) / 3) * 4;
}
