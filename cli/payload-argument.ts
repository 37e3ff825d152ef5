import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { UsageError } from './failure.ts';
import { jsonArgument } from './json-text.ts';
import { notes } from './screen.ts';

/**
 * Reads a payload: JSON as it is typed, `@FILE`, or `-` for standard input, which is read as well where nothing is named
 * and something is piped in. Undefined means none.
 */
export async function readPayload(argument: string | undefined, file?: string): Promise<unknown> {
  if (argument !== undefined && file !== undefined) {
    throw new UsageError('the payload is given twice, as an argument and by --file: want one of them');
  }
  const path = file ?? (argument?.startsWith('@') ? argument.slice(1) : undefined);
  if (path !== undefined && path !== '-') return jsonArgument(await textOfFile(path), path);
  if (argument === '-' || path === '-' || (argument === undefined && isPipedIn())) {
    const text = await textOfStandardInput();
    return text.trim() === '' ? undefined : jsonArgument(text, 'standard input');
  }
  return argument === undefined ? undefined : jsonArgument(argument, 'the payload');
}

async function textOfFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `there is no file "${path}"` : `"${path}": ${message}`);
  }
}

/** How long nothing may come before it is said what is waited for. */
const PATIENCE_MS = 3000;

async function textOfStandardInput(): Promise<string> {
  const patience = setTimeout(() => notes.line('Reading the payload from standard input …'), PATIENCE_MS);
  try {
    return await textOf(process.stdin);
  } finally {
    clearTimeout(patience);
  }
}

/** Tells whether somebody redirects a file or another command's output to us; `/dev/null` and a terminal are neither. */
export function isPipedIn(): boolean {
  try {
    const stats = fstatSync(0);
    // Node gives its children sockets for pipes.
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}
