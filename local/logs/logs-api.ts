import { AwsApiError, type AwsJsonApi, serveAwsJsonApi } from '../aws-json-api.ts';
import { type Json, type JsonObject, shown } from '../json.ts';
import { type LineFilter, lineFilter } from './filter-pattern.ts';
import type { LineQuery, LogStore, NumberedLine } from './log-store.ts';

/** CloudWatch Logs' limits of one page: so many lines, and so much text. */
const MAX_LINES = 10_000;
const MAX_CHARACTERS = 1024 * 1024;

/** How many lines are looked at for one page. */
const LOOKED_AT = 10_000;

/** What a request may have. `interleaved` changes nothing any more: lines of all streams always are. */
const FIELDS = [
  ...['logGroupName', 'logStreamNames', 'startTime', 'endTime', 'filterPattern', 'limit', 'nextToken'],
  'interleaved',
];

/** Serves the part of CloudWatch Logs' API that finds lines; any other call answers an error that names it. */
export function serveLogsApi(store: LogStore): Promise<AwsJsonApi> {
  return serveAwsJsonApi({
    service: 'Logs_20140328',
    version: '1.1',
    maxRequestBytes: 1024 * 1024,
    calls: { FilterLogEvents: (input) => filterLogEvents(store, input) },
  });
}

function filterLogEvents(store: LogStore, input: JsonObject): object {
  for (const name of Object.keys(input)) {
    if (!FIELDS.includes(name)) refuse(`${name} is not served here: want none but ${FIELDS.join(', ')}`);
  }
  const query = queryOf(input);
  if (!store.has(query.logGroup, query.stream)) {
    throw new AwsApiError(
      'ResourceNotFoundException',
      `nothing was logged in ${query.logGroup} ${query.stream ?? ''}`,
    );
  }
  const matches = filterOf(input);
  const limit = numberOf(input, 'limit', 1, MAX_LINES) ?? MAX_LINES;
  const lines = store.read({ ...query, limit: LOOKED_AT });
  const found: NumberedLine[] = [];
  let characters = 0;
  let last = lines.at(-1);
  for (const line of lines) {
    if (!matches(line.text)) continue;
    characters += line.text.length;
    if (found.length === limit || (characters > MAX_CHARACTERS && found.length > 0)) {
      last = found.at(-1);
      break;
    }
    found.push(line);
  }
  const isEnd = lines.length < LOOKED_AT && last === lines.at(-1);
  return {
    events: found.map(({ number, stream, time, text }) => ({
      logStreamName: stream,
      timestamp: time,
      message: text,
      ingestionTime: time,
      eventId: String(number),
    })),
    searchedLogStreams: [],
    ...(!isEnd && last && { nextToken: `${last.time}/${last.number}` }),
  };
}

function queryOf(input: JsonObject): Omit<LineQuery, 'limit'> {
  const { logGroupName, logStreamNames = [] } = input;
  if (typeof logGroupName !== 'string') refuse(`logGroupName is ${shown(logGroupName)}: want a text`);
  if (!Array.isArray(logStreamNames) || logStreamNames.length > 1) {
    refuse(`logStreamNames is ${shown(logStreamNames)}: want a list of one name, or none`);
  }
  const [stream] = logStreamNames as readonly Json[];
  const startTime = numberOf(input, 'startTime', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const endTime = numberOf(input, 'endTime', 0, Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER;
  return {
    logGroup: logGroupName,
    stream: stream === undefined ? undefined : String(stream),
    startTime,
    endTime,
    after: placeOf(input),
  };
}

function placeOf({ nextToken }: JsonObject): LineQuery['after'] {
  if (nextToken === undefined) return undefined;
  const [, time, number] = /^(\d{1,15})\/(\d{1,15})$/.exec(String(nextToken)) ?? [];
  if (number === undefined) refuse(`nextToken is ${shown(nextToken)}: want the one of the page before`);
  return { time: Number(time), number: Number(number) };
}

function filterOf({ filterPattern }: JsonObject): LineFilter {
  if (filterPattern === undefined || filterPattern === '') return () => true;
  try {
    return lineFilter(String(filterPattern));
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function numberOf(input: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || Number(value) < min || Number(value) > max) {
    refuse(`${name} is ${shown(value)}: want a whole number from ${min} to ${max}`);
  }
  return Number(value);
}

function refuse(message: string): never {
  throw new AwsApiError('InvalidParameterException', message);
}
