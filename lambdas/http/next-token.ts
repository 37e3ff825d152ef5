import { createHash } from 'node:crypto';
import { TaskModeError } from '../domain/errors.ts';
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

/** Twelve characters tell filters apart; the token is no secret and grants nothing. */
function fingerprint({ functionName, status, prefix, ...filter }: ListFilter): string {
  const { startedTimeBegin, startedTimeEnd, sortOrderByTime } = filter;
  const text = JSON.stringify([
    functionName,
    status ?? '',
    prefix ?? '',
    startedTimeBegin,
    startedTimeEnd,
    sortOrderByTime,
  ]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

export function toNextToken(readTo: string | undefined, filter: ListFilter): string | undefined {
  return readTo === undefined
    ? undefined
    : Buffer.from(`${fingerprint(filter)}.${readTo}`).toString('base64url');
}

/** @throws TaskModeError `InvalidArgument` for anything but a token of this list. */
export function fromNextToken(token: string | undefined, filter: ListFilter): string | undefined {
  if (token === undefined || token === '') return undefined;
  const [print, sortKey, ...rest] = Buffer.from(token, 'base64url').toString('utf-8').split('.');
  const isOfThisList = print === fingerprint(filter) && rest.length === 0 && isWithin(sortKey ?? '', filter);
  if (!isOfThisList) {
    throw new TaskModeError(
      'InvalidArgument',
      `nextToken must be the nextToken of the page before, with the same filter, got ${quoted(token)}`,
    );
  }
  return sortKey;
}

function isWithin(sortKey: string, { startedTimeBegin, startedTimeEnd }: ListFilter): boolean {
  const time = Number(sortKey.slice(0, 15));
  return SORT_KEY.test(sortKey) && time >= startedTimeBegin && time <= startedTimeEnd;
}
