import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { entryOf, type TableDescription, writeUnitsOf } from './capacity.ts';
import { fulfils, type Item, type Placeholders, updated } from './expression.ts';

type Row = Record<string, AttributeValue>;

/** What a table was asked for. Units are those that DynamoDB bills. */
export interface TableUsage {
  /** Writes that were applied or refused by their condition. */
  writes: number;
  writeUnits: number;
  reads: number;
}

/** Takes each applied write: the row as it was, and as it is. */
export type WriteObserver = (before: Item | undefined, after: Item) => void;

interface Table {
  readonly description: TableDescription;
  readonly rows: Map<string, Item>;
  /** By the index and the value of its partition key: the keys of the rows that have an entry there. */
  readonly partitions: Map<string, Set<string>>;
}

/**
 * Stands in for DynamoDB in a simulation: the adapters of the product call it as they call AWS. It has the requests and
 * expressions that they use, in memory, and answers at once. Indexes never lag.
 */
export class MemoryTables extends DynamoDBClient {
  readonly usage: TableUsage = { writes: 0, writeUnits: 0, reads: 0 };
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #onWrite: WriteObserver;

  constructor(
    descriptions: Readonly<Record<string, TableDescription>>,
    onWrite: WriteObserver = () => undefined,
  ) {
    super({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } });
    this.#onWrite = onWrite;
    this.#tables = new Map(
      Object.entries(descriptions).map(([name, description]) => [
        name,
        { description, rows: new Map(), partitions: new Map() },
      ]),
    );
    this.send = (async (command: object) => this.#answer(command)) as DynamoDBClient['send'];
  }

  /** Returns a row as it is, without counting a read. */
  row(tableName: string, key: string): Item | undefined {
    return this.#table(tableName).rows.get(key);
  }

  #answer(command: object): object {
    if (command instanceof UpdateItemCommand) return this.#update(command.input);
    if (command instanceof GetItemCommand) return this.#get(command.input);
    if (command instanceof PutItemCommand) return this.#put(command.input);
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof BatchGetItemCommand) return this.#getSome(command.input);
    if (command instanceof ScanCommand) return this.#scan(command.input);
    throw new Error(`the simulated DynamoDB has no ${command.constructor.name}`);
  }

  #update(input: UpdateItemCommandInput): object {
    const table = this.#table(input.TableName);
    const id = idOf(table, input.Key);
    const before = table.rows.get(id);
    const placeholders = placeholdersOf(input);
    this.#check(table, before, input, placeholders);
    const after = updated(before ?? input.Key ?? {}, input.UpdateExpression ?? '', placeholders);
    this.#write(table, id, before, after);
    return input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
  }

  #put(input: PutItemCommandInput): object {
    const table = this.#table(input.TableName);
    const after: Item = input.Item ?? {};
    const id = idOf(table, input.Item);
    const before = table.rows.get(id);
    this.#check(table, before, input, placeholdersOf(input));
    this.#write(table, id, before, after);
    return {};
  }

  #get({ TableName, Key }: GetItemCommandInput): object {
    this.usage.reads += 1;
    const table = this.#table(TableName);
    const Item = table.rows.get(idOf(table, Key));
    return Item ? { Item } : {};
  }

  #getSome({ RequestItems = {} }: BatchGetItemCommandInput): object {
    this.usage.reads += 1;
    const found = Object.entries(RequestItems).map(([name, request]) => {
      const { Keys = [] } = request;
      const table = this.#table(name);
      const items = Keys.map((key) => table.rows.get(idOf(table, key))).filter((item) => item !== undefined);
      return [name, items.map((item) => projected(item, request))];
    });
    return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
  }

  #query(input: QueryCommandInput): object {
    this.usage.reads += 1;
    const table = this.#table(input.TableName);
    const index = table.description.indexes.find(({ name }) => name === input.IndexName);
    if (!index) throw new Error(`the simulated table has no index ${input.IndexName}`);
    const placeholders = placeholdersOf(input);
    const partition = partitionIn(input.KeyConditionExpression, index.partitionKey, placeholders);
    const all = [...(table.partitions.get(`${index.name} ${partition}`) ?? [])]
      .map((id) => entryOf(table.rows.get(id), index, table.description.key))
      .filter((entry) => entry !== undefined)
      .filter((entry) => fulfils(entry, input.KeyConditionExpression, placeholders))
      .sort((one, other) => byPlace(one, other, index.sortKey, table.description.key));
    const start = input.ExclusiveStartKey;
    const from = start
      ? all.filter((entry) => byPlace(entry, start, index.sortKey, table.description.key) > 0)
      : all;
    const page = from.slice(0, input.Limit ?? from.length);
    const Items = page
      .filter((entry) => fulfils(entry, input.FilterExpression, placeholders))
      .map((entry) => projected(entry, input));
    return page.length < from.length ? { Items, LastEvaluatedKey: page.at(-1) } : { Items };
  }

  #scan(input: ScanCommandInput): object {
    this.usage.reads += 1;
    return { Items: [...this.#table(input.TableName).rows.values()] };
  }

  #check(
    { description }: Table,
    before: Item | undefined,
    input: Pick<UpdateItemCommandInput, 'ConditionExpression' | 'ReturnValuesOnConditionCheckFailure'>,
    placeholders: Placeholders,
  ): void {
    if (fulfils(before ?? {}, input.ConditionExpression, placeholders)) return;
    // A refused write takes as much as if it changed nothing.
    this.#count(writeUnitsOf(before, before ?? {}, description));
    throw new ConditionalCheckFailedException({
      $metadata: {},
      message: 'The conditional request failed',
      ...(before && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && { Item: { ...before } }),
    });
  }

  #write(table: Table, id: string, before: Item | undefined, after: Item): void {
    const { description, rows, partitions } = table;
    this.#count(writeUnitsOf(before, after, description));
    rows.set(id, after);
    for (const { name, partitionKey } of description.indexes) {
      const [was, is] = [before?.[partitionKey]?.S, after[partitionKey]?.S];
      if (was === is) continue;
      if (was !== undefined) partitions.get(`${name} ${was}`)?.delete(id);
      if (is === undefined) continue;
      const place = `${name} ${is}`;
      const partition = partitions.get(place) ?? new Set();
      partitions.set(place, partition.add(id));
    }
    this.#onWrite(before, after);
  }

  #count(units: number): void {
    this.usage.writes += 1;
    this.usage.writeUnits += units;
  }

  #table(name: string | undefined): Table {
    const table = this.#tables.get(name ?? '');
    if (!table) throw new Error(`the simulated DynamoDB has no table ${name}`);
    return table;
  }
}

function idOf({ description }: Table, key: Row | undefined): string {
  return key?.[description.key]?.S ?? '';
}

function placeholdersOf(input: {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Row | undefined;
}): Placeholders {
  return { names: input.ExpressionAttributeNames ?? {}, values: input.ExpressionAttributeValues ?? {} };
}

/** The value that a key condition wants the partition key to be. */
function partitionIn(condition = '', partitionKey: string, { names, values }: Placeholders): string {
  for (const [, name = '', value = ''] of condition.matchAll(/(#?\w+) = (:\w+)/g)) {
    if ((names[name] ?? name) === partitionKey) return values[value]?.S ?? '';
  }
  throw new Error(`the key condition "${condition}" names no ${partitionKey}`);
}

function projected(
  item: Item,
  request: {
    ProjectionExpression?: string | undefined;
    ExpressionAttributeNames?: Record<string, string> | undefined;
  },
): Item {
  const { ProjectionExpression, ExpressionAttributeNames: names = {} } = request;
  if (ProjectionExpression === undefined) return item;
  const wanted = ProjectionExpression.split(',').map((name) => names[name.trim()] ?? name.trim());
  return Object.fromEntries(wanted.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
}

/** Orders entries by their sort key, and those that have the same by the key of the row. */
function byPlace(one: Item, other: Item, sortKey: string, key: string): number {
  const [left, right] = [one[sortKey], other[sortKey]];
  const byNumber = Number(left?.N ?? 0) - Number(right?.N ?? 0);
  return (
    byNumber || compared(left?.S ?? '', right?.S ?? '') || compared(one[key]?.S ?? '', other[key]?.S ?? '')
  );
}

function compared(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
