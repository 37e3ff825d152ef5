import type { LogLevel, TaskLogLine } from '../client/index.ts';
import { type Paint, printable, type Style } from './screen.ts';
import { instantText } from './times.ts';

/** Red needs somebody, yellow may; what nobody looks for steps back. */
const LEVEL_STYLE: Readonly<Record<LogLevel, Style>> = {
  TRACE: 'gray',
  DEBUG: 'gray',
  INFO: 'cyan',
  WARN: 'yellow',
  ERROR: 'red',
  FATAL: 'red',
};

const LEVEL_COLUMNS = 5;

/** Lays a line of a log out for people: when, how bad, and what; further lines of a message stand below its beginning. */
export function logText({ timestamp, level, message }: TaskLogLine, paint: Paint): string {
  const time = `${instantText(timestamp)}.${String(timestamp % 1000).padStart(3, '0')}`;
  const word = (level ?? '').padEnd(LEVEL_COLUMNS);
  const margin = ' '.repeat(time.length + LEVEL_COLUMNS + 2);
  const text = printable(message).replaceAll('\n', `\n${margin}`);
  return `${paint('gray', time)} ${level ? paint(LEVEL_STYLE[level], word) : word} ${text}`;
}
