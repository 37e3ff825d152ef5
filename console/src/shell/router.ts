import { useMemo, useSyncExternalStore } from 'react';

/** Where the console is served. */
const BASE = '/console';

/** Makes the address of a page: `/functions/echo` becomes `/console/functions/echo`. */
export function hrefTo(path: string): string {
  return `${BASE}${path}`;
}

export function functionHref(functionName: string): string {
  return hrefTo(`/functions/${encodeURIComponent(functionName)}`);
}

export function taskHref(functionName: string, taskId: string): string {
  return `${functionHref(functionName)}/tasks/${encodeURIComponent(taskId)}`;
}

export function workflowHref(workflowName: string): string {
  return hrefTo(`/workflows/${encodeURIComponent(workflowName)}`);
}

export function executionHref(workflowName: string, executionName: string): string {
  return `${workflowHref(workflowName)}/executions/${encodeURIComponent(executionName)}`;
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** Shows another page, or with `replace` another view of the same one. */
export function navigate(href: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  if (!replace) scrollTo(0, 0);
  for (const listener of listeners) listener();
}

/** The parts of the current page's path below the console, decoded. */
export function usePath(): readonly string[] {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return useMemo(
    () =>
      path
        .replace(BASE, '')
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent),
    [path],
  );
}

/** The query of the address, and who changes it in place: what is undefined is taken out. */
export function useQuery(): [
  URLSearchParams,
  (changes: Readonly<Record<string, string | undefined>>) => void,
] {
  const search = useSyncExternalStore(subscribe, () => location.search);
  const query = useMemo(() => new URLSearchParams(search), [search]);
  return [query, changeQuery];
}

function changeQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(text === '' ? location.pathname : `${location.pathname}?${text}`, { replace: true });
}

/** Has links of the console change the page without loading it anew, unless another tab is wanted. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  const link = (event.target as Element).closest('a');
  if (link === null || link.target === '_blank' || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}
