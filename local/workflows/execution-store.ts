import { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../json.ts';
import type { ExecutionRecord, ExecutionStatus } from './execution-record.ts';
import type { HistoryEvent } from './run/history.ts';

/** Ended executions that are kept; AWS keeps all for 90 days. */
const MAX_ENDED = 1000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    machineArn TEXT NOT NULL,
    status TEXT NOT NULL,
    record TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS byMachine ON executions (machineArn, number);
  CREATE TABLE IF NOT EXISTS events (
    arn TEXT NOT NULL,
    id INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (arn, id)
  ) WITHOUT ROWID;
`;

export interface Page {
  readonly limit: number;
  /** The number of the entry before the first one wanted. */
  readonly after: number | undefined;
}

export interface Numbered<T> {
  readonly number: number;
  readonly value: T;
}

/**
 * The executions of this machine and their histories, in one SQLite file. What was written is there after this process
 * was killed; only a power cut may take the last of it.
 */
export class ExecutionStore {
  readonly #database: DatabaseSync;

  constructor(file: string, maxEnded = MAX_ENDED) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${SCHEMA}`);
    this.#maxEnded = maxEnded;
  }

  readonly #maxEnded: number;

  close(): void {
    this.#database.close();
  }

  add(record: ExecutionRecord): void {
    this.#database
      .prepare('INSERT INTO executions (arn, machineArn, status, record) VALUES (?, ?, ?, ?)')
      .run(record.arn, record.machineArn, record.status, JSON.stringify(record));
  }

  /** Writes how an execution has ended, and forgets the oldest ones that have. */
  end(record: ExecutionRecord): void {
    this.#database
      .prepare('UPDATE executions SET status = ?, record = ? WHERE arn = ?')
      .run(record.status, JSON.stringify(record), record.arn);
    const old = this.#database
      .prepare("SELECT arn FROM executions WHERE status <> 'RUNNING' ORDER BY number DESC LIMIT -1 OFFSET ?")
      .all(this.#maxEnded);
    for (const { arn } of old) {
      this.#database.prepare('DELETE FROM events WHERE arn = ?').run(String(arn));
      this.#database.prepare('DELETE FROM executions WHERE arn = ?').run(String(arn));
    }
  }

  get(arn: string): ExecutionRecord | undefined {
    const row = this.#database.prepare('SELECT record FROM executions WHERE arn = ?').get(arn);
    return row === undefined ? undefined : (JSON.parse(String(row.record)) as ExecutionRecord);
  }

  running(): ExecutionRecord[] {
    return this.#database
      .prepare("SELECT record FROM executions WHERE status = 'RUNNING' ORDER BY number")
      .all()
      .map((row) => JSON.parse(String(row.record)) as ExecutionRecord);
  }

  /** The executions of a state machine, the latest first. */
  list(
    machineArn: string,
    status: ExecutionStatus | undefined,
    { limit, after }: Page,
  ): Numbered<ExecutionRecord>[] {
    return this.#database
      .prepare(
        `SELECT number, record FROM executions
         WHERE machineArn = ? AND number < ? AND (? IS NULL OR status = ?) ORDER BY number DESC LIMIT ?`,
      )
      .all(machineArn, after ?? Number.MAX_SAFE_INTEGER, status ?? null, status ?? null, limit)
      .map((row) => ({
        number: Number(row.number),
        value: JSON.parse(String(row.record)) as ExecutionRecord,
      }));
  }

  addEvent(arn: string, event: HistoryEvent): void {
    this.#database
      .prepare('INSERT INTO events (arn, id, event) VALUES (?, ?, ?)')
      .run(arn, event.id, JSON.stringify(event));
  }

  /** The id of the last event, 0 when there is none. */
  lastEventId(arn: string): number {
    return Number(this.#database.prepare('SELECT max(id) AS id FROM events WHERE arn = ?').get(arn)?.id ?? 0);
  }

  events(arn: string, isReverse: boolean, { limit, after }: Page): HistoryEvent[] {
    const [order, start] = isReverse ? ['id < ?', Number.MAX_SAFE_INTEGER] : ['id > ?', 0];
    return this.#database
      .prepare(
        `SELECT event FROM events WHERE arn = ? AND ${order} ORDER BY id ${isReverse ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .all(arn, after ?? start, limit)
      .map((row) => JSON.parse(String(row.event)) as HistoryEvent & { details: JsonObject });
  }
}
