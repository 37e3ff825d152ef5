import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { LOG_LEVELS, type LogLevel } from '../domain/log-line.ts';

/** What the lines of a task say of it: by this they are found among those of its neighbours. */
export interface LineSignature {
  readonly taskId: string;
  readonly attempt: number;
  /** Lambda's id of the invocation. */
  readonly requestId: string;
}

const signatures = new AsyncLocalStorage<LineSignature>();

/** Does something whose lines are signed, whatever it leaves behind included. */
export function withSignedLines<T>(signature: LineSignature, act: () => T): T {
  return signatures.run(signature, act);
}

const METHODS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
} as const satisfies Record<string, LogLevel>;

type Write = NodeJS.WriteStream['write'];

/**
 * Has every line that is written on behalf of a task say so, in JSON: through the console, which Lambda's runtime has
 * replaced by its own, and through the streams, as loggers do. To be called before the user's code is loaded.
 */
export function signLines(env: NodeJS.ProcessEnv): void {
  const write = signStream(process.stdout);
  signStream(process.stderr);
  const lowest = LOG_LEVELS.indexOf((env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? 'TRACE') as LogLevel);
  for (const [method, level] of Object.entries(METHODS)) {
    const plain = console[method as keyof typeof METHODS];
    console[method as keyof typeof METHODS] = (...values: unknown[]) => {
      const signature = signatures.getStore();
      if (!signature) plain(...values);
      else if (LOG_LEVELS.indexOf(level) >= lowest) write(`${consoleLine(level, values, signature)}\n`);
    };
  }
}

/** A console line as Lambda's own console writes it (Lambda, JSON log format), and signed. */
function consoleLine(level: LogLevel, values: readonly unknown[], signature: LineSignature): string {
  const { requestId, ...task } = signature;
  const line = { timestamp: new Date().toISOString(), level, requestId, ...task };
  const [first] = values;
  if (values.length === 1 && typeof first !== 'string') {
    try {
      return JSON.stringify({ ...line, message: first ?? null }, withErrors);
    } catch {
      // What JSON has no text for is told as a terminal tells it.
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({ ...line, message: format(...values), ...(error && errorFields(error)) });
}

function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error ? { ...errorFields(value), ...value } : value;
}

function errorFields({ name, message, stack }: Error) {
  return { errorType: name, errorMessage: message, stackTrace: stack?.split('\n') };
}

/** Gives what writes to the stream past this. */
function signStream(stream: NodeJS.WriteStream): Write {
  const write: Write = stream.write.bind(stream);
  stream.write = ((chunk: unknown, ...rest: []) => {
    const signature = signatures.getStore();
    const isText = signature !== undefined && typeof chunk === 'string';
    return write(isText ? signedText(chunk, signature) : (chunk as string), ...rest);
  }) as Write;
  return write;
}

/** One record for each line of JSON, and one for each other text. A text that goes on later is left as it is. */
function signedText(text: string, signature: LineSignature): string {
  if (!text.endsWith('\n') || text === '\n') return text;
  const lines = text.slice(0, -1).split('\n');
  const records = lines.every((line) => line.startsWith('{')) ? lines : [lines.join('\n')];
  return records.map((record) => `${signedRecord(record, signature)}\n`).join('');
}

function signedRecord(record: string, { taskId, attempt, requestId }: LineSignature): string {
  const fields = fieldsOf(record);
  // Metrics are read by nobody, and must stay what they are.
  if (fields && '_aws' in fields) return record;
  const timestamp = new Date().toISOString();
  if (!fields) return JSON.stringify({ timestamp, requestId, taskId, attempt, message: record });
  // A field of this name is another's: then the whole is the message.
  if ('taskId' in fields) return JSON.stringify({ timestamp, requestId, taskId, attempt, message: fields });
  const own = JSON.stringify({ taskId, attempt });
  return Object.keys(fields).length === 0
    ? own
    : `${record.slice(0, record.lastIndexOf('}'))},${own.slice(1)}`;
}

function fieldsOf(record: string): object | undefined {
  if (!record.startsWith('{')) return undefined;
  try {
    return JSON.parse(record);
  } catch {
    return undefined;
  }
}
