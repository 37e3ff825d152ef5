import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { LambdaService } from '../functions/lambda-service.ts';

/** Where a rule or a schedule sends to: a queue, or a function of the template. */
export interface Target {
  readonly arn: string;
  /** Of a FIFO queue. */
  readonly messageGroupId?: string;
  /** The queue that takes what the target did not. */
  readonly deadLetterArn?: string;
}

/** Who sends: what the log and the dead letters name. */
export interface Sender {
  readonly kind: 'rule' | 'schedule';
  readonly name: string;
  readonly arn: string;
}

export interface TargetsOptions {
  readonly sqs: SQSClient;
  readonly sqsEndpoint: string;
  readonly lambda: () => Pick<LambdaService, 'invokeEvent'>;
  readonly log: (line: string) => void;
  /** @default 500 */
  readonly retryMs?: number;
}

/**
 * How often a queue is tried. EventBridge tries for a day: here, what a queue does not take now it hardly takes later, but
 * for an engine of yours that is being restarted.
 */
const MAX_TRIES = 3;

/** The targets of rules and schedules. */
export class Targets {
  readonly #options: TargetsOptions;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** Sends to a target, and what it did not take to its dead-letter queue. Never rejects. */
  async tell(target: Target, body: string, sender: Sender): Promise<void> {
    const { lambda, log } = this.#options;
    if (isFunction(target.arn)) {
      lambda().invokeEvent(target.arn, body);
      return;
    }
    try {
      await this.#trySend(target, body);
    } catch (error) {
      log(`task-mode | ${sender.kind} ${sender.name}: ${target.arn} did not take an event: ${error}`);
      await this.#bury(target, body, sender, error);
    }
  }

  async #trySend(target: Target, body: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#send(target, body);
        return;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.#options.retryMs ?? 500));
      }
    }
  }

  async #bury({ arn, deadLetterArn }: Target, body: string, sender: Sender, error: unknown): Promise<void> {
    if (deadLetterArn === undefined) return;
    const attributes = {
      [sender.kind === 'rule' ? 'RULE_ARN' : 'SCHEDULE_ARN']: sender.arn,
      TARGET_ARN: arn,
      ERROR_CODE: error instanceof Error ? error.name : 'Error',
      ERROR_MESSAGE: error instanceof Error ? error.message : String(error),
    };
    await this.#send({ arn: deadLetterArn }, body, attributes).catch((reason: unknown) => {
      this.#options.log(`task-mode | ${sender.kind} ${sender.name}: nor did ${deadLetterArn}: ${reason}`);
    });
  }

  async #send({ arn, messageGroupId }: Target, body: string, attributes: object = {}): Promise<void> {
    const { sqs, sqsEndpoint } = this.#options;
    const [, , , , account, name] = arn.split(':');
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: new URL(`/${account}/${name}`, sqsEndpoint).href,
        MessageBody: body,
        ...(messageGroupId !== undefined && { MessageGroupId: messageGroupId }),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([attribute, StringValue]) => [
            attribute,
            { DataType: 'String', StringValue: StringValue || '-' },
          ]),
        ),
      }),
    );
  }
}

function isFunction(arn: string): boolean {
  return arn.split(':')[2] === 'lambda';
}
