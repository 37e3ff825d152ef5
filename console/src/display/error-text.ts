/** Takes what an error says from where it was thrown. */
export function errorParts(text: string): { readonly message: string; readonly stack: string | undefined } {
  const start = text.search(/\n\s*at /);
  return start === -1
    ? { message: text, stack: undefined }
    : { message: text.slice(0, start), stack: text.slice(start + 1) };
}

/** An event's detail as people read it: of an error its type and message, else what it is. */
export function eventDetailText(detail: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(detail);
    if (typeof errorMessage !== 'string') return detail;
    return typeof errorType === 'string' ? `${errorType}: ${errorMessage}` : errorMessage;
  } catch {
    return detail;
  }
}
