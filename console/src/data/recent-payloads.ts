const KEPT = 8;

/** A payload of megabytes is not for a browser's storage. */
const MAX_CHARACTERS = 20_000;

const keyOf = (functionName: string) => `task-mode.payloads.${functionName}`;

/** The payloads that were last submitted from this browser, the newest first. */
export function recentPayloads(functionName: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(functionName)) ?? '[]');
    return Array.isArray(stored) ? stored.filter((text) => typeof text === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberPayload(functionName: string, text: string): void {
  if (text.length > MAX_CHARACTERS) return;
  const others = recentPayloads(functionName).filter((other) => other !== text);
  localStorage.setItem(keyOf(functionName), JSON.stringify([text, ...others].slice(0, KEPT)));
}
