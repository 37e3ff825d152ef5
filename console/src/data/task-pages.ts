import { useRef, useState } from 'react';
import type { TaskPage } from '../../../client/index.ts';
import { apiTime } from './api-time.ts';
import { taskApi } from './task-api.ts';
import { apiFilterOf, type ListView } from './task-filter.ts';

/** Where one is in a list: the tokens of the pages so far, of which the first has none. */
interface Place {
  readonly view: string;
  readonly tokens: readonly (string | undefined)[];
  readonly index: number;
  /** A relative time filter counts from here on later pages: their tokens are bound to the filter. */
  readonly since: number;
}

/** The pages of a list, of which only the one that is shown is read. */
export function useTaskPages(functionName: string, view: ListView) {
  const viewKey = JSON.stringify([functionName, view]);
  const first: Place = { view: viewKey, tokens: [undefined], index: 1, since: 0 };
  const [kept, setPlace] = useState(first);
  const place = kept.view === viewKey ? kept : first;
  /** When the first page was read last: its token leads to the second. */
  const firstRead = useRef(0);
  const token = place.tokens[place.index - 1];
  return {
    index: place.index,
    key: `${viewKey}#${token ?? ''}`,
    /** How many pages there are as far as one knows. */
    known: (nextToken: string | undefined) =>
      Math.max(place.tokens.length, place.index + (nextToken === undefined ? 0 : 1)),
    goTo: (index: number, nextToken: string | undefined) => {
      const tokens = index > place.tokens.length ? [...place.tokens, nextToken] : place.tokens;
      const since = place.index === 1 ? firstRead.current : place.since;
      if (index <= tokens.length) setPlace({ view: viewKey, tokens, index, since });
    },
    read: (limit: number, signal: AbortSignal): Promise<TaskPage> => {
      const now = place.index === 1 ? apiTime() : place.since;
      if (place.index === 1) firstRead.current = now;
      const filter = { ...apiFilterOf(view, now), limit };
      return taskApi.listPage(functionName, token ? { ...filter, nextToken: token } : filter, { signal });
    },
  };
}
