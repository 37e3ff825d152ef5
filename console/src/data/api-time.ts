let advancedMs = 0;
const listeners = new Set<() => void>();

/** What time it is where the API is: tasks have their times from there. */
export function apiTime(): number {
  return Date.now() + advancedMs;
}

/** By how much that is later than on this machine. */
export function apiAdvancedMs(): number {
  return advancedMs;
}

export function setApiAdvancedMs(ms: number): void {
  if (ms === advancedMs) return;
  advancedMs = ms;
  for (const listener of listeners) listener();
}

export function onApiTimeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
