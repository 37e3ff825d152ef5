import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { TASK_ID_PATTERN } from '../lambdas/domain/limits.ts';
import { UsageError } from './failure.ts';
import { exactJson } from './json-text.ts';

/** A task of a batch, or why its line is none. */
export type BatchTask = BatchLine & (WellFormed | { readonly problem: string });

export interface BatchLine {
  /** From 1, as editors count. */
  readonly line: number;
}

interface WellFormed {
  readonly taskId: string;
  readonly payload: unknown;
  readonly delaySeconds?: number;
}

export interface LineOptions {
  /** Another name makes other ids: the same lines are then submitted once more. */
  readonly name: string;
  /** Lines are `{"taskId", "payload", "delaySeconds"}`, and not payloads. */
  readonly asTasks: boolean;
  /** Which field of a payload is its TaskID. */
  readonly idField?: string | undefined;
}

/**
 * Reads tasks from lines of JSON. An id that is not given is made of the line's text and of how many lines before are the
 * same: whoever repeats the batch, with lines added or taken out, names the same tasks.
 */
export async function* batchTasks(
  lines: AsyncIterable<string>,
  options: LineOptions,
): AsyncGenerator<BatchTask, void, undefined> {
  const seen = new Map<string, number>();
  let line = 0;
  for await (const raw of lines) {
    line += 1;
    const text = raw.trim();
    if (text === '') continue;
    const contentHash = hashOf(options.name, text);
    const copies = seen.get(contentHash) ?? 0;
    seen.set(contentHash, copies + 1);
    const derivedId = `b-${copies === 0 ? contentHash : hashOf(options.name, text, String(copies))}`;
    try {
      yield { line, ...taskOf(text, derivedId, options) };
    } catch (error) {
      yield { line, problem: (error as Error).message };
    }
  }
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function taskOf(text: string, derivedId: string, { asTasks, idField }: LineOptions): WellFormed {
  const value = exactJson(text);
  if (asTasks) return explicitTask(value, derivedId);
  if (idField === undefined) return { taskId: derivedId, payload: value };
  return { taskId: checkedId(fieldOf(value, idField), `"${idField}"`), payload: value };
}

function explicitTask(value: unknown, derivedId: string): WellFormed {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('want an object {"taskId", "payload", "delaySeconds"}');
  }
  const { taskId, payload, delaySeconds, ...others } = value as Record<string, unknown>;
  const [unknownField] = Object.keys(others);
  if (unknownField !== undefined) {
    throw new Error(`"${unknownField}" is no field: want taskId, payload, delaySeconds`);
  }
  if (delaySeconds !== undefined && typeof delaySeconds !== 'number') {
    throw new Error(`"delaySeconds" is ${JSON.stringify(delaySeconds)}: want a number`);
  }
  return {
    taskId: taskId === undefined ? derivedId : checkedId(taskId, '"taskId"'),
    payload,
    ...(delaySeconds !== undefined && { delaySeconds }),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function checkedId(value: unknown, where: string): string {
  if (typeof value === 'string' && TASK_ID_PATTERN.test(value)) return value;
  throw new Error(
    `${where} is ${JSON.stringify(value) ?? 'absent'}: want a TaskID of letters, digits, _ and -, starting with a letter or _`,
  );
}

export interface LineSource {
  readonly lines: AsyncIterable<string>;
  /** How many lines that are not empty there are, where that can be told before. */
  readonly total?: number;
}

/** Opens a file, or standard input. */
export async function openLines(file: string | undefined): Promise<LineSource> {
  if (file === undefined || file === '-') {
    if (process.stdin.isTTY)
      throw new UsageError('no lines are given: want a FILE, or lines on standard input');
    return { lines: linesOf(process.stdin) };
  }
  try {
    let total = 0;
    for await (const line of linesOf(createReadStream(file))) if (line.trim() !== '') total += 1;
    return { lines: linesOf(createReadStream(file)), total };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `there is no file "${file}"` : `"${file}": ${message}`);
  }
}

/** Reads only once somebody asks: lines that a reader throws before are lost. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string, void, undefined> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
