import type { LogRun } from './log-runs.ts';

/** A line as the log has it. */
export interface LoggedLine {
  readonly timestamp: number;
  /** The whole of it: JSON, but for what writes past the console. */
  readonly text: string;
}

/** A line of a task's log, for people. */
export interface TaskLogLine {
  readonly timestamp: number;
  readonly message: string;
  readonly level?: LogLevel;
  /** Lambda's id of the invocation that the task ran in. */
  readonly requestId?: string;
  /** The log stream. */
  readonly instanceId: string;
}

export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Whose lines are looked for. */
export interface LogOwner {
  readonly taskId: string;
  readonly run: LogRun;
  /** Whether its instance runs nothing else beside it, so that what nobody has signed is its own. */
  readonly isAlone: boolean;
}

/**
 * Which lines of an instance can be a task's where others run beside it: those that say so, and Lambda's own about the
 * instance. In CloudWatch's filter pattern syntax.
 */
export function filterPatternOf(taskId: string): string {
  return `{ ($.taskId = "${taskId}") || ($.type = "platform.*") }`;
}

/** Reads a line of the instance that a task ran on; undefined when it is none of this run of the task. */
export function taskLineOf(line: LoggedLine, owner: LogOwner): TaskLogLine | undefined {
  const fields = fieldsOf(line.text);
  if (!isOf(line, fields, owner)) return undefined;
  const { instanceId } = owner.run;
  const { timestamp } = line;
  if (fields === undefined) return { timestamp, message: line.text, instanceId };
  const level = levelOf(fields);
  const requestId = requestIdOf(fields);
  return {
    timestamp,
    message: messageOf(fields),
    ...(level && { level }),
    ...(requestId !== undefined && { requestId }),
    instanceId,
  };
}

function isOf({ timestamp }: LoggedLine, fields: Fields | undefined, owner: LogOwner): boolean {
  const { taskId, run, isAlone } = owner;
  const { startTime, endTime = Number.POSITIVE_INFINITY, loggedUntil = endTime, isCutOff } = run;
  if (timestamp < startTime || timestamp > loggedUntil) return false;
  // Metrics are no lines for people.
  if (fields && '_aws' in fields) return false;
  if (typeof fields?.taskId === 'string') {
    return fields.taskId === taskId && isOfAttempt(fields.attempt, run.attempt);
  }
  // An instance that was not killed runs others afterwards.
  if (isOfLambda(fields)) return isCutOff || timestamp <= endTime;
  return isAlone && timestamp <= endTime;
}

/** The next attempt may begin on the same instance before the last line of this one is written. */
function isOfAttempt(logged: unknown, attempt: number | undefined): boolean {
  return typeof logged !== 'number' || attempt === undefined || logged === attempt;
}

function isOfLambda(fields: Fields | undefined): boolean {
  return typeof fields?.type === 'string' && fields.type.startsWith('platform.') && 'record' in fields;
}

function fieldsOf(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The numbers of Pino and Bunyan, by tens. */
function levelOf({ level, type }: Fields): LogLevel | undefined {
  if (typeof type === 'string' && type.startsWith('platform.')) return 'WARN';
  const name =
    typeof level === 'number' ? LOG_LEVELS[Math.floor(level / 10) - 1] : String(level).toUpperCase();
  return LOG_LEVELS.find((known) => known === name);
}

/** Our own lines have the id of the task's submit there, which is the same in all of them. */
function requestIdOf({ requestId, service, record }: Fields): string | undefined {
  const id = (record as Fields | undefined)?.requestId ?? (service === undefined ? requestId : undefined);
  return typeof id === 'string' ? id : undefined;
}

/** What is told beside the message, or is the same in every line. */
const SAID_ELSEWHERE = new Set([
  ...['timestamp', 'time', 'level', 'requestId', 'message', 'msg', 'taskId', 'attempt'],
  ...['functionName', 'service', 'xray_trace_id', 'sampling_rate', 'cold_start', 'pid', 'hostname'],
]);

/** The message, and what else the line says, as JSON. */
function messageOf(fields: Fields): string {
  if (isOfLambda(fields)) return platformMessage(fields);
  const message = fields.message ?? fields.msg;
  const others = Object.entries(fields).filter(([name]) => !SAID_ELSEWHERE.has(name));
  const rest = others.length > 0 ? JSON.stringify(Object.fromEntries(others)) : '';
  return [message === undefined ? '' : textOf(message), rest].filter((part) => part !== '').join(' ');
}

function platformMessage({ type, record }: Fields): string {
  const { requestId: _, spans: __, tracing: ___, ...said } = record as Fields;
  return `${type} ${JSON.stringify(said)}`;
}

/** An error that was logged reads as it does on a terminal: its stack says its type and message. */
function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  const { stackTrace } = (message ?? {}) as Fields;
  return Array.isArray(stackTrace) ? stackTrace.join('\n') : JSON.stringify(message);
}
