import { open } from 'node:fs/promises';
import { CommandError } from './failure.ts';

export type Outcome = 'submitted' | 'known' | 'refused';

/** What a line of the batch's output says. */
export interface BatchRecord {
  readonly line: number;
  readonly taskId?: string;
  readonly outcome: Outcome;
  readonly status?: string;
  readonly result?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** Where a batch writes what became of its lines; from a file it can tell what is done already. */
export class BatchLog {
  readonly #done: ReadonlySet<string>;
  readonly #write: (text: string) => Promise<unknown>;
  readonly close: () => Promise<void>;

  private constructor(
    done: ReadonlySet<string>,
    write: (text: string) => Promise<unknown>,
    close: () => Promise<void>,
  ) {
    this.#done = done;
    this.#write = write;
    this.close = close;
  }

  static toStream(stream: NodeJS.WritableStream): BatchLog {
    const write = (text: string) => new Promise((resolve) => stream.write(text, resolve));
    return new BatchLog(new Set(), write, async () => undefined);
  }

  /** Goes on with a file: what it says is done is done, and a last line that was cut off is none. */
  static async inFile(file: string, isDone: (record: BatchRecord) => boolean): Promise<BatchLog> {
    try {
      const handle = await open(file, 'a+');
      const text = await handle.readFile('utf8');
      const done = new Set(
        recordsIn(text).flatMap((record) => (isDone(record) ? (record.taskId ?? []) : [])),
      );
      if (text !== '' && !text.endsWith('\n')) await handle.write('\n');
      return new BatchLog(
        done,
        (line) => handle.write(line),
        () => handle.close(),
      );
    } catch (cause) {
      throw new CommandError(`--output ${file}: ${(cause as Error).message}`, undefined, { cause });
    }
  }

  has(taskId: string): boolean {
    return this.#done.has(taskId);
  }

  async add(record: BatchRecord): Promise<void> {
    await this.#write(`${JSON.stringify(record)}\n`);
  }
}

function recordsIn(text: string): BatchRecord[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as BatchRecord];
    } catch {
      return [];
    }
  });
}
