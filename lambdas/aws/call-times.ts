import { AsyncLocalStorage } from 'node:async_hooks';

/** For how long at least one call to a service of AWS was under way, since this was begun. */
interface CallTime {
  underWay: number;
  sinceMs: number;
  totalMs: number;
}

const times = new AsyncLocalStorage<Map<string, CallTime>>();

/** Does something, and tells in the end how long it waited for each service: calls made side by side count once. */
export async function withCallTimes<T>(
  act: (waited: () => ReadonlyMap<string, number>) => Promise<T>,
): Promise<T> {
  const own = new Map<string, CallTime>();
  return times.run(own, () =>
    act(() => new Map([...own].map(([service, time]) => [service, totalOf(time)]))),
  );
}

/** Makes a call whose time counts as spent on the service, where somebody wants to know. */
export async function timed<T>(service: string, call: () => Promise<T>): Promise<T> {
  const own = times.getStore();
  if (!own) return call();
  const time = own.get(service) ?? { underWay: 0, sinceMs: 0, totalMs: 0 };
  own.set(service, time);
  if (time.underWay === 0) time.sinceMs = performance.now();
  time.underWay += 1;
  try {
    return await call();
  } finally {
    time.underWay -= 1;
    if (time.underWay === 0) time.totalMs += performance.now() - time.sinceMs;
  }
}

function totalOf({ underWay, sinceMs, totalMs }: CallTime): number {
  return underWay > 0 ? totalMs + performance.now() - sinceMs : totalMs;
}
