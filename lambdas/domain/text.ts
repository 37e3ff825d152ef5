const encoder = new TextEncoder();

/** Counts the UTF-8 bytes of a text: what the limits and AWS count. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Cuts a text to at most `maxBytes` of UTF-8, ending in `…` when something was cut; never through a character. Half a surrogate
 * pair, which user code makes when it cuts a text itself, becomes U+FFFD: AWS takes well-formed text only.
 */
export function truncated(text: string, maxBytes: number): string {
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return text.toWellFormed();
  // A decoder in stream mode holds back the bytes of a character that the cut went through.
  return `${new TextDecoder().decode(bytes.subarray(0, maxBytes - 3), { stream: true })}…`;
}

/** A value as an error message shows it: quoted, and cut so that hostile input cannot fill a log. */
export function quoted(value: unknown): string {
  return `"${truncated(typeof value === 'string' ? value : jsonOf(value), 100)}"`;
}

/** What is nested some thousand levels deep can be read as JSON, but not written. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'what is nested too deep to be shown';
  }
}

/** SQS refuses two characters that JSON lets stand in a string (SendMessage); an escape means the same. */
export function withoutNoncharacters(json: string): string {
  return json.replaceAll(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
