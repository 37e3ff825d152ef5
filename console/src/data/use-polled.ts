import { useCallback, useEffect, useRef, useState } from 'react';

export interface Polled<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  /** Nothing was read yet. */
  readonly isLoading: boolean;
  readonly refresh: () => void;
}

/**
 * Reads again and again while the page is seen; `key` names what is read, and another key begins anew. With an interval
 * of undefined it reads once.
 */
export function usePolled<T>(
  key: string,
  read: (signal: AbortSignal) => Promise<T>,
  intervalMs: number | undefined,
): Polled<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: unknown }>({ key });
  const [round, setRound] = useState(0);
  const latestRead = useRef(read);
  latestRead.current = read;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round reads at once
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async () => {
      if (!document.hidden) {
        try {
          const value = await latestRead.current(controller.signal);
          if (!controller.signal.aborted) setState({ key, value });
        } catch (error) {
          if (controller.signal.aborted) return;
          setState((current) => (current.key === key ? { ...current, error } : { key, error }));
        }
      }
      if (intervalMs !== undefined && !controller.signal.aborted) timer = setTimeout(again, intervalMs);
    };
    void again();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, intervalMs, round]);

  const refresh = useCallback(() => setRound((current) => current + 1), []);
  const current: { value?: T; error?: unknown } = state.key === key ? state : {};
  return {
    value: current.value,
    error: current.error,
    isLoading: current.value === undefined && current.error === undefined,
    refresh,
  };
}
