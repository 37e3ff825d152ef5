import { useSyncExternalStore } from 'react';
import { type Acs3Options, acs3, type Signer } from '../../../client/index.ts';

const KEY = 'task-mode.access-key';

let accessKey: Acs3Options | undefined = kept();
const listeners = new Set<() => void>();

/** Signs what the page asks of the API with the access key of whoever signed in; without one it signs nothing. */
export const sessionSigner: Signer = async (request) =>
  accessKey === undefined ? {} : acs3(accessKey)(request);

/** The access key that the page signs with; undefined while nobody is signed in. */
export function useAccessKey(): Acs3Options | undefined {
  return useSyncExternalStore(subscribe, () => accessKey);
}

/** Has the page sign with an access key: until it is loaded anew, or with `keep` until its tab is closed. */
export function signIn(key: Acs3Options, { keep }: { readonly keep: boolean }): void {
  if (keep) sessionStorage.setItem(KEY, JSON.stringify(key));
  change(key);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  change(undefined);
}

function change(key: Acs3Options | undefined): void {
  accessKey = key;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function kept(): Acs3Options | undefined {
  try {
    const { accessKeyId, accessKeySecret } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    const isKey = typeof accessKeyId === 'string' && typeof accessKeySecret === 'string';
    return isKey ? { accessKeyId, accessKeySecret } : undefined;
  } catch {
    return undefined;
  }
}
