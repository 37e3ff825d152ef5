import { createHash } from 'node:crypto';
import { TaskModeError } from '../domain/errors.ts';
import { FUNCTION_NAME_PATTERN } from '../domain/limits.ts';
import { quoted } from '../domain/text.ts';

/** A list's place, bound to its filter: a token of another list is refused and cannot skip or repeat tasks. */
export interface ListFilter {
  readonly functionName: string;
  readonly status?: string | undefined;
  readonly prefix?: string | undefined;
  readonly startedTimeBegin: number;
  readonly startedTimeEnd: number;
  readonly sortOrderByTime: string;
}

const SORT_KEY = /^[0-9]{15}#[A-Za-z_][A-Za-z0-9_-]{0,127}$/;

export function toNextToken(readTo: string | undefined, filter: ListFilter): string | undefined {
  return tokenOf(readTo, filterOf(filter));
}

/** @throws TaskModeError `InvalidArgument` for anything but a token of this list. */
export function fromNextToken(token: string | undefined, filter: ListFilter): string | undefined {
  return placeOf(token, filterOf(filter), (sortKey) => isWithin(sortKey, filter));
}

function filterOf({ functionName, status, prefix, ...filter }: ListFilter): Filter {
  const { startedTimeBegin, startedTimeEnd, sortOrderByTime } = filter;
  return [functionName, status ?? '', prefix ?? '', startedTimeBegin, startedTimeEnd, sortOrderByTime];
}

/** A list of functions, by what it lists and its own filter. */
export interface FunctionsFilter {
  readonly lists: string;
  readonly functionName?: string | undefined;
}

export function toFunctionsToken(
  readTo: string | undefined,
  { lists, functionName }: FunctionsFilter,
): string | undefined {
  return tokenOf(readTo, [lists, functionName ?? '']);
}

/** @throws TaskModeError `InvalidArgument` for anything but a token of this list. */
export function fromFunctionsToken(
  token: string | undefined,
  { lists, functionName }: FunctionsFilter,
): string | undefined {
  return placeOf(token, [lists, functionName ?? ''], (name) => FUNCTION_NAME_PATTERN.test(name));
}

/** A place in a list of ours about workflows, by what the list is of. */
export function toPlaceToken(place: string | undefined, list: Filter): string | undefined {
  return tokenOf(place === undefined ? undefined : Buffer.from(place).toString('base64url'), list);
}

/** @throws TaskModeError `InvalidArgument` for anything but a token of this list. */
export function fromPlaceToken(
  token: string | undefined,
  list: Filter,
  isPlace: (place: string) => boolean,
): string | undefined {
  const decoded = (place: string) => Buffer.from(place, 'base64url').toString('utf-8');
  const place = placeOf(token, list, (encoded) => encoded !== '' && isPlace(decoded(encoded)));
  return place === undefined ? undefined : decoded(place);
}

type Filter = readonly (string | number)[];

/** Twelve characters tell filters apart; the token is no secret and grants nothing. */
function fingerprint(filter: Filter): string {
  return createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 12);
}

function tokenOf(place: string | undefined, filter: Filter): string | undefined {
  return place === undefined
    ? undefined
    : Buffer.from(`${fingerprint(filter)}.${place}`).toString('base64url');
}

function placeOf(
  token: string | undefined,
  filter: Filter,
  isPlace: (place: string) => boolean,
): string | undefined {
  if (token === undefined || token === '') return undefined;
  const [print, place = '', ...rest] = Buffer.from(token, 'base64url').toString('utf-8').split('.');
  if (print !== fingerprint(filter) || rest.length > 0 || !isPlace(place)) {
    throw new TaskModeError(
      'InvalidArgument',
      `nextToken must be the nextToken of the page before, with the same filter, got ${quoted(token)}`,
    );
  }
  return place;
}

function isWithin(sortKey: string, { startedTimeBegin, startedTimeEnd }: ListFilter): boolean {
  const time = Number(sortKey.slice(0, 15));
  return SORT_KEY.test(sortKey) && time >= startedTimeBegin && time <= startedTimeEnd;
}
