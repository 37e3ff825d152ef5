import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

type Item = Record<
  string,
  { S?: string; N?: string; M?: object; L?: object[]; SS?: string[]; BOOL?: boolean }
>;

/** A row of the task table, with its entry in `byWakeTime`. */
export interface StubRow {
  readonly pk: string;
  readonly timeShard: string;
  readonly item: Item;
}

export interface AwsStubOptions {
  readonly functions: readonly Item[];
  readonly rows: readonly StubRow[];
  /** A queue whose name ends with this takes no message. */
  readonly refusingQueue: string;
  /** How long each request takes. */
  readonly latencyMs: number;
}

interface Body {
  readonly IndexName?: string;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
  readonly ExpressionAttributeValues?: Item;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly RequestItems?: Record<string, BatchGet>;
  readonly Key?: Item;
  readonly UpdateExpression?: string;
  readonly QueueUrl?: string;
  readonly Entries?: readonly { readonly Id: string; readonly MessageBody: string }[];
}

interface BatchGet {
  readonly Keys: readonly Item[];
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
}

/** DynamoDB answers at most 16 MB to one BatchGetItem (AWS DynamoDB quota); with or without a projection, it reads whole rows. */
const BATCH_GET_MAX_BYTES = 16 * 1024 * 1024;

/** What the sweep asks of DynamoDB and SQS, from memory and over HTTP: rows with wake times, and queues that take messages. */
export class AwsStub {
  readonly requests = new Map<string, number>();
  /** How often each task was sent, by queue and task. */
  readonly sent = new Map<string, Map<string, number>>();
  readonly #options: AwsStubOptions;
  readonly #byKey: Map<string, Item>;
  readonly #shards = new Map<string, StubRow[]>();
  readonly #server = createServer((request, response) => {
    void this.#respond(request).then(
      ({ status, text }) =>
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text),
      (error) => response.writeHead(500).end(String(error)),
    );
  });

  constructor(options: AwsStubOptions) {
    this.#options = options;
    this.#byKey = new Map(options.rows.map(({ pk, item }) => [pk, item]));
    for (const row of options.rows) {
      const shard = this.#shards.get(row.timeShard) ?? [];
      shard.push(row);
      this.#shards.set(row.timeShard, shard);
    }
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; text: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    this.requests.set(operation, (this.requests.get(operation) ?? 0) + 1);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Body;
    await pause(this.#options.latencyMs);
    if (operation === 'SendMessageBatch' && body.QueueUrl?.endsWith(this.#options.refusingQueue))
      return { status: 403, text: JSON.stringify({ __type: 'AccessDenied', message: 'denied' }) };
    return { status: 200, text: JSON.stringify(this.#answer(operation, body)) };
  }

  #answer(operation: string, body: Body): object {
    switch (operation) {
      case 'Scan':
        return { Items: this.#options.functions };
      case 'Query':
        return body.IndexName === 'byWakeTime' ? this.#due(body) : { Items: [] };
      case 'BatchGetItem':
        return this.#batchGet(body);
      case 'UpdateItem':
        return this.#update(body);
      case 'SendMessageBatch':
        return this.#send(body);
      case 'GetQueueAttributes':
        return { Attributes: counts() };
      case 'ReceiveMessage':
        return {};
      default:
        throw new Error(`the stub has no ${operation}`);
    }
  }

  #due({ ExpressionAttributeValues: values = {}, Limit = 1000, ExclusiveStartKey }: Body): object {
    const rows = this.#shards.get(values[':shard']?.S ?? '') ?? [];
    const until = Number(values[':until']?.N);
    const start = ExclusiveStartKey ? rows.findIndex(({ pk }) => pk === ExclusiveStartKey.pk?.S) + 1 : 0;
    const page: Item[] = [];
    let next = start;
    for (; next < rows.length && page.length < Limit; next += 1) {
      const row = rows[next];
      const wakeTime = row?.item.wakeTime;
      if (row && wakeTime && Number(wakeTime.N) <= until) page.push({ pk: { S: row.pk }, wakeTime });
    }
    return { Items: page, ...(next < rows.length && { LastEvaluatedKey: page.at(-1) }) };
  }

  #batchGet({ RequestItems = {} }: Body): object {
    const [[table, { Keys, ...projection }] = ['', { Keys: [] } as BatchGet]] = Object.entries(RequestItems);
    const names = projection.ProjectionExpression?.split(', ').map(
      (name) => projection.ExpressionAttributeNames?.[name] ?? name,
    );
    const found: Item[] = [];
    let bytes = 0;
    let read = 0;
    for (; read < Keys.length && bytes < BATCH_GET_MAX_BYTES; read += 1) {
      const item = this.#byKey.get(Keys[read]?.pk?.S ?? '');
      if (!item) continue;
      bytes += sizeOf(item);
      found.push(
        names ? Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : []))) : item,
      );
    }
    const left = Keys.slice(read);
    return {
      Responses: { [table]: found },
      UnprocessedKeys:
        left.length > 0 ? { [table]: { Keys: left, ...projection, ConsistentRead: true } } : {},
    };
  }

  #update({ Key, UpdateExpression = '', ExpressionAttributeValues: values = {} }: Body): object {
    const item = this.#byKey.get(Key?.pk?.S ?? '');
    const value = /^SET #wakeTime = (:\w+)$/.exec(UpdateExpression)?.[1];
    if (!item || (value === undefined && UpdateExpression !== 'REMOVE #wakeTime'))
      throw new Error(`the stub has no update ${UpdateExpression} of ${Key?.pk?.S}`);
    if (value === undefined) delete item.wakeTime;
    else item.wakeTime = values[value] ?? {};
    return {};
  }

  #send({ QueueUrl = '', Entries = [] }: Body): object {
    const sent = this.sent.get(QueueUrl) ?? new Map<string, number>();
    this.sent.set(QueueUrl, sent);
    for (const { MessageBody } of Entries) sent.set(MessageBody, (sent.get(MessageBody) ?? 0) + 1);
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const Successful = Entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: Id,
      MD5OfMessageBody: md5(MessageBody),
    }));
    return { Successful, Failed: [] };
  }
}

function counts(): Record<string, string> {
  return {
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
  };
}

function sizeOf({ payload, result }: Item): number {
  return 500 + [payload, result].reduce((sum, text) => sum + ((text?.M as { size?: number })?.size ?? 0), 0);
}
