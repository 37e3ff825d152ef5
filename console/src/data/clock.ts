import { useEffect, useSyncExternalStore } from 'react';
import { apiAdvancedMs, onApiTimeChange, setApiAdvancedMs } from './api-time.ts';
import { useSurroundings } from './surroundings.tsx';

/** The clock of the local runtime, which nothing on AWS has. */
const PATH = '/_local/clock';

/** Others can advance it too: the command line, another tab. */
const POLL_MS = 5000;

/** By how much the clock of the local runtime was advanced; undefined on AWS, where it cannot be. */
export function useAdvancedMs(): number | undefined {
  const { isLocal = false } = useSurroundings();
  useEffect(() => {
    if (!isLocal) return;
    // What cannot be read now is read the next time.
    const read = () => void call(PATH).catch(() => undefined);
    read();
    const timer = setInterval(() => document.hidden || read(), POLL_MS);
    return () => clearInterval(timer);
  }, [isLocal]);
  const advancedMs = useSyncExternalStore(onApiTimeChange, apiAdvancedMs);
  return isLocal ? advancedMs : undefined;
}

/** Has it be later in the local runtime, for all that waits there. There is no way back. */
export function advanceClock(seconds: number): Promise<void> {
  return call(`${PATH}/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seconds }),
  });
}

async function call(path: string, init?: RequestInit): Promise<void> {
  const response = await fetch(path, init);
  const state = (await response.json()) as { readonly advancedMs?: number; readonly message?: string };
  if (!response.ok) throw new Error(`${response.status}: ${state.message}`);
  setApiAdvancedMs(state.advancedMs ?? 0);
}
