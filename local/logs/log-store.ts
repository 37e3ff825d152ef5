import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How much text is kept, of all functions: about 300,000 lines. CloudWatch keeps what it is told to. */
const KEPT_CHARACTERS = 64 * 1024 * 1024;

/** Lines that are forgotten at once when there is too much. */
const FORGOTTEN_AT_ONCE = 2000;

/** A line waits this long to be written with others: one by one they would cost a function that logs a lot its processor. */
const WRITE_AFTER_MS = 200;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    logGroup TEXT NOT NULL,
    stream TEXT NOT NULL,
    time INTEGER NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS byTime ON lines (logGroup, time, number);
  CREATE INDEX IF NOT EXISTS byStream ON lines (logGroup, stream, time, number);
`;

export interface LogLine {
  readonly logGroup: string;
  readonly stream: string;
  /** In epoch milliseconds. */
  readonly time: number;
  readonly text: string;
}

export interface NumberedLine extends LogLine {
  readonly number: number;
}

export interface LineQuery {
  readonly logGroup: string;
  /** Of all streams where it is undefined. */
  readonly stream: string | undefined;
  /** Both inclusive. */
  readonly startTime: number;
  readonly endTime: number;
  /** The line behind which to go on. */
  readonly after: { readonly time: number; readonly number: number } | undefined;
  readonly limit: number;
}

/**
 * What functions have logged, in one SQLite file, the oldest lines going first when there is too much. In memory it takes
 * SQLite's cache, which has 2 MB at the most, and the lines of a fifth of a second.
 */
export class LogStore {
  readonly #database: DatabaseSync;
  readonly #keptCharacters: number;
  #waiting: LogLine[] = [];
  #timer: NodeJS.Timeout | undefined;
  #characters: number;

  constructor(folder: string, keptCharacters = KEPT_CHARACTERS) {
    this.#keptCharacters = keptCharacters;
    mkdirSync(folder, { recursive: true });
    this.#database = new DatabaseSync(join(folder, 'logs.sqlite'));
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${SCHEMA}`);
    this.#characters = this.#charactersOf('SELECT sum(length(text)) AS characters FROM lines');
  }

  /** What comes after the end is nobody's any more. */
  add(line: LogLine): void {
    if (!this.#database.isOpen) return;
    this.#waiting.push(line);
    this.#timer ??= setTimeout(() => this.#write(), WRITE_AFTER_MS).unref();
  }

  /** Lists lines by time, and those of one instant in the order in which they came. */
  read({ logGroup, stream, startTime, endTime, after, limit }: LineQuery): NumberedLine[] {
    this.#write();
    const { time, number } = after ?? { time: startTime, number: 0 };
    const ofStream = stream === undefined ? '' : 'AND stream = :stream';
    const rows = this.#database
      .prepare(
        `SELECT * FROM lines WHERE logGroup = :logGroup ${ofStream} AND (time, number) > (:time, :number) AND time <= :endTime ORDER BY time, number LIMIT :limit`,
      )
      .all({ logGroup, time, number, endTime, limit, ...(stream !== undefined && { stream }) });
    return rows as unknown as NumberedLine[];
  }

  /** Whether anything was logged there. */
  has(logGroup: string, stream: string | undefined): boolean {
    return this.read({ logGroup, stream, ...ALWAYS, after: undefined, limit: 1 }).length > 0;
  }

  close(): void {
    this.#write();
    this.#database.close();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    const insert = this.#database.prepare(
      'INSERT INTO lines (logGroup, stream, time, text) VALUES (?, ?, ?, ?)',
    );
    this.#database.exec('BEGIN');
    for (const { logGroup, stream, time, text } of lines) {
      insert.run(logGroup, stream, time, text);
      this.#characters += text.length;
    }
    this.#database.exec('COMMIT');
    while (this.#characters > this.#keptCharacters) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = `number IN (SELECT number FROM lines ORDER BY number LIMIT ${FORGOTTEN_AT_ONCE})`;
    this.#characters -= this.#charactersOf(
      `SELECT sum(length(text)) AS characters FROM lines WHERE ${oldest}`,
    );
    const { changes } = this.#database.prepare(`DELETE FROM lines WHERE ${oldest}`).run();
    if (changes === 0) this.#characters = 0;
  }

  #charactersOf(query: string): number {
    return Number(this.#database.prepare(query).get()?.characters ?? 0);
  }
}

const ALWAYS = { startTime: 0, endTime: Number.MAX_SAFE_INTEGER };
