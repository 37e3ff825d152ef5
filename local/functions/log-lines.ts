import type { Readable } from 'node:stream';

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
