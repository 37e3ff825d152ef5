import { setTimeout as pause } from 'node:timers/promises';

/** Lambda gives INIT 10 s (AWS Lambda, execution environment lifecycle); a module that takes longer goes on in the first task. */
const SETTLED_WITHIN_MS = 8000;

export interface LoadedModule<T> {
  readonly loaded: Promise<T>;
  /** Resolves when the module is loaded or has failed to load, or when its time within INIT is up. Never rejects. */
  readonly settled: Promise<void>;
  /** Whether it failed to load. Node keeps the failure for as long as the process lives. */
  readonly isBroken: boolean;
}

/** Follows a module that is being loaded. */
export function loadModule<T>(loaded: Promise<T>, withinMs: number = SETTLED_WITHIN_MS): LoadedModule<T> {
  let isBroken = false;
  const ended = loaded.then(
    () => undefined,
    () => {
      isBroken = true;
    },
  );
  return {
    loaded,
    settled: Promise.race([ended, pause(withinMs, undefined, { ref: false })]),
    get isBroken() {
      return isBroken;
    },
  };
}
