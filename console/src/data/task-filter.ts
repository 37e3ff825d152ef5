import type { DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import { TASK_STATUSES, type TaskFilter, type TaskStatus } from '../../../client/index.ts';

/** What a list of tasks shows, as it stands in the address: whoever gets the link sees the same. */
export interface ListView {
  readonly status: TaskStatus | undefined;
  readonly prefix: string | undefined;
  /** The last so many seconds. */
  readonly lastSeconds: number | undefined;
  readonly begin: string | undefined;
  readonly end: string | undefined;
}

const ID_PREFIX = /^[A-Za-z0-9_-]{1,128}$/;

export function viewOf(query: URLSearchParams): ListView {
  const lastSeconds = Number(query.get('last') ?? Number.NaN);
  return {
    status: TASK_STATUSES.find((status) => status === query.get('status')),
    prefix: query.get('prefix')?.match(ID_PREFIX)?.[0],
    lastSeconds: Number.isInteger(lastSeconds) && lastSeconds > 0 ? lastSeconds : undefined,
    begin: instantOf(query.get('begin')),
    end: instantOf(query.get('end')),
  };
}

function instantOf(text: string | null): string | undefined {
  return text !== null && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** The address of a view. */
export function queryOf({ status, prefix, lastSeconds, begin, end }: ListView) {
  return { status, prefix, last: lastSeconds?.toString(), begin, end };
}

/** What the API is asked for. */
export function apiFilterOf({ status, prefix, lastSeconds, begin, end }: ListView, now: number): TaskFilter {
  const beginTime = lastSeconds === undefined ? begin && Date.parse(begin) : now - lastSeconds * 1000;
  const endTime = end && Date.parse(end);
  return {
    ...(status && { status }),
    ...(prefix && { prefix }),
    ...(beginTime && { startedTimeBegin: beginTime }),
    ...(endTime && { startedTimeEnd: endTime }),
  };
}

export function tokensOf({ status, prefix }: ListView): PropertyFilterProps.Query {
  return {
    operation: 'and',
    tokens: [
      ...(status ? [{ propertyKey: 'status', operator: '=', value: status }] : []),
      ...(prefix ? [{ propertyKey: 'taskId', operator: '^', value: prefix }] : []),
    ],
  };
}

/** The API takes one status and one prefix: of several the last one holds. Free text is the beginning of an id. */
export function viewOfTokens({ tokens }: PropertyFilterProps.Query): Pick<ListView, 'status' | 'prefix'> {
  const last = (wanted: (key: string | undefined) => boolean): string | undefined =>
    tokens.findLast(({ propertyKey }) => wanted(propertyKey))?.value;
  const status = last((key) => key === 'status')?.toLowerCase();
  return {
    status: TASK_STATUSES.find((known) => known.toLowerCase() === status),
    prefix: last((key) => key !== 'status')
      ?.trim()
      .match(ID_PREFIX)?.[0],
  };
}

const UNIT_SECONDS: Partial<Record<DateRangePickerProps.TimeUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};

export function rangeOf({ lastSeconds, begin, end }: ListView): DateRangePickerProps.Value | null {
  if (lastSeconds !== undefined) {
    const [unit, size] = (Object.entries(UNIT_SECONDS) as [DateRangePickerProps.TimeUnit, number][])
      .filter(([, seconds]) => lastSeconds % seconds === 0)
      .reduce((largest, candidate) => (candidate[1] > largest[1] ? candidate : largest));
    return { type: 'relative', amount: lastSeconds / size, unit };
  }
  return begin !== undefined && end !== undefined
    ? { type: 'absolute', startDate: begin, endDate: end }
    : null;
}

export function viewOfRange(
  range: DateRangePickerProps.Value | null,
): Pick<ListView, 'lastSeconds' | 'begin' | 'end'> {
  if (range?.type === 'relative') {
    const lastSeconds = range.amount * (UNIT_SECONDS[range.unit] ?? 1);
    return { lastSeconds, begin: undefined, end: undefined };
  }
  return { lastSeconds: undefined, begin: range?.startDate, end: range?.endDate };
}
