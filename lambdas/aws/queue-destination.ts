import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { callAws } from './faults.ts';

/** The message attribute that carries the follow-up's id. */
export const FOLLOW_UP_ID_ATTRIBUTE = 'followUpId';

/** SQS queues that are told how tasks ended. */
export class QueueDestination {
  readonly #client: SQSClient;
  /** A queue that is made anew under its name has the same. */
  readonly #urls = new Map<string, string>();

  constructor({ client }: { readonly client: SQSClient }) {
    this.#client = client;
  }

  async deliver(arn: string, { id, body }: { readonly id: string; readonly body: string }): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: await this.#urlOf(arn),
      MessageBody: sendable(body),
      MessageAttributes: { [FOLLOW_UP_ID_ATTRIBUTE]: { DataType: 'String', StringValue: id } },
    });
    await callAws('SQS', () => this.#client.send(command));
  }

  /** Asks SQS, which knows in every partition and with every endpoint. */
  async #urlOf(arn: string): Promise<string> {
    const known = this.#urls.get(arn);
    if (known !== undefined) return known;
    const [, , , , account, name] = arn.split(':');
    const command = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
    const { QueueUrl = '' } = await callAws('SQS', () => this.#client.send(command));
    this.#urls.set(arn, QueueUrl);
    return QueueUrl;
  }
}

/** SQS refuses two characters that JSON lets stand in a string (AWS SQS, SendMessage), where an escape means the same. */
function sendable(json: string): string {
  return json.replaceAll(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
