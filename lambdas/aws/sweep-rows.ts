import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { isTaskStatus } from '../domain/lifecycle.ts';
import type { SweptRow, SweptTask } from '../domain/swept-task.ts';
import type { Task, TaskKey } from '../domain/task.ts';
import { BatchGet } from './batch-get.ts';
import { callAws } from './faults.ts';
import { attributesOf, type Item, keyOf, primaryKeyOf, toAttributes } from './task-item.ts';
import { TaskRows } from './task-rows.ts';
import { Update } from './update-expression.ts';

const CONDITION_FAILED = ['ConditionalCheckFailedException'];

/** The small fields of a row: never its payload, result, error or history, which may take 400 KB. */
const FIELDS = [
  ...['pk', 'status', 'version', 'runId', 'submissionId', 'tenant', 'notBefore', 'startDeadline'],
  ...['leaseUntil', 'wakeTime', 'resentTime', 'followUp'],
] as const;

const PROJECTION = {
  ProjectionExpression: FIELDS.map((field) => `#${field}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(FIELDS.map((field) => [`#${field}`, field])),
};

export interface SweepRowsOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** The rows of the task table as the sweep reads and notes them: in bulk, by their small fields, and whole one by one. */
export class SweepRows {
  readonly #options: SweepRowsOptions;
  readonly #whole: TaskRows;

  constructor(options: SweepRowsOptions) {
    this.#options = options;
    this.#whole = new TaskRows(options);
  }

  /**
   * Reads the small fields of at most 100 rows, consistently, in no particular order. Rows that do not exist are left out.
   * @throws TaskModeError `ServiceUnavailable`
   */
  async readAll(keys: readonly TaskKey[]): Promise<SweptRow[]> {
    const items = await new BatchGet(this.#options).read({
      keys: keys.map((key) => toAttributes({ pk: primaryKeyOf(key) })),
      ...PROJECTION,
    });
    return items.map(toSweptRow);
  }

  /** Reads a whole row, consistently; undefined if it does not exist or is no task. */
  async read(key: TaskKey): Promise<Task | undefined> {
    return this.#whole.read(key);
  }

  /** Sets when the sweep looks at a task again, or with `undefined` removes that. Returns false if the task has changed. */
  async noteWakeTime(task: SweptTask, wakeTime: number | undefined): Promise<boolean> {
    return this.#note(task, asReadBySweep(task).set({ wakeTime }));
  }

  /** Notes when a task's wake-up was sent again. Returns false if the task has changed. */
  async noteResent(task: SweptTask, resentTime: number): Promise<boolean> {
    return this.#note(task, asReadBySweep(task).set({ resentTime }));
  }

  /** Sets when the sweep looks at the kept end of an invocation again. Returns false if the row has changed. */
  async noteEndWakeTime(end: TaskKey & { readonly wakeTime: number }, wakeTime: number): Promise<boolean> {
    return this.#note(end, new Update().set({ wakeTime }).whenSame({ wakeTime: end.wakeTime }));
  }

  /** Takes a row's entry out of a partition of `byState`. Returns false if it is no longer there. */
  async removeEntry(key: TaskKey, stateShard: string): Promise<boolean> {
    return this.#note(key, new Update().set({ stateShard: undefined }).whenSame({ stateShard }));
  }

  /** Returns nothing of the row: that may be 400 KB. */
  async #note(key: TaskKey, update: Update): Promise<boolean> {
    const { client, tableName } = this.#options;
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: toAttributes({ pk: primaryKeyOf(key) }),
      ...update.build(),
    });
    try {
      await callAws('DynamoDB', () => client.send(command), CONDITION_FAILED);
      return true;
    } catch (error) {
      if (error instanceof Error && CONDITION_FAILED.includes(error.name)) return false;
      throw error;
    }
  }
}

/** Lets a note through only if nothing has moved the task since it was read; see `asRead`. */
function asReadBySweep({ version, runId, submissionId, status, wakeTime }: SweptTask): Update {
  return new Update().whenSame({ version: version ?? null, runId, submissionId, status, wakeTime });
}

function toSweptRow(item: Item): SweptRow {
  const key = keyOf(item);
  const row = attributesOf(item);
  const wakeTime = typeof row?.wakeTime === 'number' ? row.wakeTime : undefined;
  if (!row || !isReadable(row)) return { ...key, isTask: false, ...(wakeTime !== undefined && { wakeTime }) };
  delete row.pk;
  return { ...row, ...key, isTask: true } as SweptTask;
}

/** Tells whether a row is a task, and each number of it is one: a worker may write others into rows of its function. */
function isReadable(row: Record<string, unknown>): boolean {
  const { status, submissionId, tenant } = row;
  const isNumber = (value: unknown) => typeof value === 'number';
  return (
    isTaskStatus(status) &&
    typeof submissionId === 'string' &&
    typeof tenant === 'string' &&
    [row.notBefore, row.startDeadline].every(isNumber) &&
    [row.version, row.leaseUntil, row.wakeTime, row.resentTime].every(
      (value) => value === undefined || isNumber(value),
    )
  );
}
