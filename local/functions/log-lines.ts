import type { Readable } from 'node:stream';
import type { FunctionError } from './protocol.ts';

/** A line longer than this is passed on in pieces: nobody reads it, and it must not fill the memory. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** Passes on a stream's text line by line, complete lines only; a last line without an end counts when the stream ends. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    if (rest.length > MAX_LINE_CHARACTERS) {
      onLine(rest);
      rest = '';
    }
  });
  stream.once('close', () => {
    if (rest !== '') {
      onLine(rest);
      rest = '';
    }
  });
}

/** Whether a line carries metrics in CloudWatch's embedded format: they become graphs, and nobody reads them. */
export function isMetricsLine(line: string): boolean {
  return line.startsWith('{"_aws":');
}

/** What a task's code says through its console, with its signature: on a terminal the text is enough. */
const CONSOLE_LINE =
  /^\{"timestamp":"[^"]*","level":"([A-Z]+)","requestId":"[^"]*","taskId":"[^"]*","attempt":\d+,"message":/;

/** A line as people read it on a terminal. */
export function shownLine(line: string): string {
  const [, level] = CONSOLE_LINE.exec(line) ?? [];
  if (level === undefined) return line;
  const { message, stackTrace } = JSON.parse(line) as { message: unknown; stackTrace?: unknown };
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  const isPlain = level === 'INFO' || stackTrace !== undefined;
  return isPlain ? text : `${level} ${text}`;
}

/** What Lambda itself says, in the JSON log format, of an invocation in which the process ended. */
export function platformLine(requestId: string, { errorType }: FunctionError): string {
  const status = errorType === 'Sandbox.Timedout' ? 'timeout' : 'error';
  const record = { requestId, status, errorType };
  return JSON.stringify({ time: new Date().toISOString(), type: 'platform.runtimeDone', record });
}

const TIMESTAMP = /"timestamp":"(\d{4}-\d\d-\d\dT[^"]+)"/;

/** When a line was written: Lambda takes its word for it (Lambda, JSON log format). */
export function lineTime(line: string, now: number): number {
  const time = Date.parse(TIMESTAMP.exec(line.slice(0, 200))?.[1] ?? '');
  return Math.abs(now - time) < MAX_SKEW_MS ? time : now;
}

const MAX_SKEW_MS = 60_000;
