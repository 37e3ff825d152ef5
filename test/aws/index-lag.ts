import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lambdas/aws/task-item.ts';
import { createTaskTable, TASK_TABLE } from './engines.ts';

/** A table that has the rows as its indexes know them. */
const INDEXED = `${TASK_TABLE}-indexed`;

const WRITES = ['PutItemCommand', 'UpdateItemCommand', 'DeleteItemCommand'];

/** How long ago a row was written. */
export interface Age {
  readonly ms: number;
  /** How often the indexes were asked since. */
  readonly queries: number;
}

interface Written {
  readonly key: Item;
  /** The row as it was written; undefined when it was deleted. */
  readonly row: Item | undefined;
  readonly time: number;
  queries: number;
}

interface Input {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
}

export interface IndexLagOptions {
  readonly dynamoDb: DynamoDBClient;
  /** A client that nothing lags for. */
  readonly newClient: () => DynamoDBClient;
  readonly clock: () => number;
}

/**
 * Has the indexes of the task table follow its rows late, as DynamoDB's do and the local engine's never. What is written
 * to one row arrives in its order; of two rows the later may arrive first.
 */
export class IndexLag {
  /** Whether a write of this age is in the indexes by now. */
  hasArrived: (age: Age) => boolean = () => true;
  readonly #options: IndexLagOptions;
  readonly #client: DynamoDBClient;
  readonly #pending = new Map<string, Written[]>();
  /** One thing after the other, so that no older row is kept for the newer one. */
  #work: Promise<unknown> = Promise.resolve();

  static async start(options: IndexLagOptions): Promise<IndexLag> {
    const lag = new IndexLag(options);
    await createTaskTable(lag.#client, INDEXED);
    lag.#stepIn();
    return lag;
  }

  private constructor(options: IndexLagOptions) {
    this.#options = options;
    this.#client = options.newClient();
  }

  /** Everything that was written arrives. */
  async catchUp(): Promise<void> {
    await this.#after(() => this.#arrive(() => true));
  }

  #stepIn(): void {
    this.#options.dynamoDb.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const input = args.input as Input;
          if (input.TableName !== TASK_TABLE) return next(args);
          if (input.IndexName !== undefined) {
            await this.#after(() => this.#arrive(this.hasArrived));
            return next({ ...args, input: { ...input, TableName: INDEXED } });
          }
          if (!WRITES.includes(commandName)) return next(args);
          // Also when it fails: it may have taken effect.
          return next(args).finally(() => this.#after(() => this.#note(input)));
        },
      { step: 'initialize', name: 'lagIndexes' },
    );
  }

  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #note({ Key, Item }: Input): Promise<void> {
    const pk = (Key ?? Item)?.pk;
    if (pk?.S === undefined) throw new Error('a write of no row of the task table');
    const command = new GetItemCommand({ TableName: TASK_TABLE, Key: { pk }, ConsistentRead: true });
    const { Item: row } = await this.#client.send(command);
    const written = { key: { pk }, row, time: this.#options.clock(), queries: 0 };
    this.#pending.set(pk.S, [...(this.#pending.get(pk.S) ?? []), written]);
  }

  async #arrive(hasArrived: (age: Age) => boolean): Promise<void> {
    const now = this.#options.clock();
    for (const [pk, writes] of this.#pending) {
      for (const written of writes) written.queries += 1;
      const first = writes.findIndex(({ time, queries }) => !hasArrived({ ms: now - time, queries }));
      const arrived = writes.splice(0, first < 0 ? writes.length : first).at(-1);
      if (writes.length === 0) this.#pending.delete(pk);
      if (arrived) await this.#index(arrived);
    }
  }

  async #index({ key, row }: Written): Promise<void> {
    if (row) await this.#client.send(new PutItemCommand({ TableName: INDEXED, Item: row }));
    else await this.#client.send(new DeleteItemCommand({ TableName: INDEXED, Key: key }));
  }
}
