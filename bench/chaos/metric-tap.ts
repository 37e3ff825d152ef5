/**
 * Loaded first into every process of the functions, by NODE_OPTIONS: writes down each line of metrics before it goes its
 * way, so that none is lost with the pipe of a runtime that is killed, and has AWS's SDK say whose process a request is.
 */
import fs, { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const file = process.env.CHAOS_METRICS ?? '';

process.env.AWS_SDK_UA_APP_ID = `pid-${process.pid}`;

function note(text: string): void {
  if (text.startsWith('{"_aws"')) appendFileSync(file, `${process.pid} ${text}`);
}

if (isMainThread) {
  const write = process.stdout.write.bind(process.stdout);
  // A line is a text here, and what else there may be is passed on as it is.
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) => {
    if (typeof chunk === 'string') note(chunk);
    return write(chunk, ...rest);
  }) as typeof process.stdout.write;
} else {
  // The supervisor's, which writes past the main thread: a line at once, or the rest of one.
  const writeSync = fs.writeSync as (fd: number, bytes: Uint8Array, offset?: number) => number;
  const tapped: typeof writeSync = (fd, bytes, offset = 0) => {
    if (fd === 1 && offset === 0) note(Buffer.from(bytes).toString());
    return writeSync(fd, bytes, offset);
  };
  fs.writeSync = tapped as typeof fs.writeSync;
  syncBuiltinESMExports();
}
