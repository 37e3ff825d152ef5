import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { type AllowedDestination, checkedWebhook } from '../lambdas/domain/destination.ts';

export interface WebhookProps {
  /**
   * What deliveries are signed with, by the Standard Webhooks specification: `whsec_` and 24 to 64 bytes in base64, or
   * without the prefix. A version of it that was current before (AWSPREVIOUS) signs as well, so that it can be rotated.
   */
  readonly secret: WebhookSecret;
}

/** What is asked of a secret. `ISecret` whole takes no `Secret` where a compiler checks exactOptionalPropertyTypes. */
export interface WebhookSecret extends Pick<ISecret, 'secretArn' | 'node' | 'env'> {
  readonly secretFullArn?: string | undefined;
  readonly encryptionKey?: IKey | undefined;
}

type Located = Pick<IResource, 'env'>;

interface Rights {
  readonly actions: string[];
  readonly resources: string[];
}

/**
 * The context by which `task-mode dev --allow-local-webhooks` lets webhooks reach the machine that the app runs on, also
 * without TLS. On AWS that would be the function's own sandbox: never set it there.
 */
const LOCAL_WEBHOOKS_CONTEXT = 'task-mode:allow-local-webhooks';

export function allowsLocalWebhooks({ node }: Pick<IConstruct, 'node'>): boolean {
  return String(node.tryGetContext(LOCAL_WEBHOOKS_CONTEXT)) === 'true';
}

/** Who can be told how tasks ended: a queue, a topic, a function, an event bus or a webhook. */
export class TaskDestination {
  /** As PutAsyncInvokeConfig names it: an ARN, or a URL in its normal form. */
  readonly destination: string;
  readonly #rights: readonly Rights[];
  readonly #resource: Located;
  readonly #secretArn: string | undefined;

  private constructor(destination: string, rights: readonly Rights[], resource: Located, secretArn?: string) {
    this.destination = destination;
    this.#rights = rights;
    this.#resource = resource;
    this.#secretArn = secretArn;
  }

  /**
   * A standard queue of the stack's region, also of another account whose policy allows it.
   * @throws Error for a FIFO queue: it wants a group for each message, and no task has one.
   */
  static queue(queue: IQueue): TaskDestination {
    if (queue.fifo) throw new Error('a task destination must be a standard queue, got a FIFO queue');
    return new TaskDestination(
      queue.queueArn,
      [
        { actions: ['sqs:SendMessage'], resources: [queue.queueArn] },
        ...producing(queue.encryptionMasterKey),
      ],
      queue,
    );
  }

  /**
   * A standard topic of the stack's region, also of another account whose policy allows it.
   * @throws Error for a FIFO topic.
   */
  static topic(topic: ITopic): TaskDestination {
    if (topic.fifo) throw new Error('a task destination must be a standard topic, got a FIFO topic');
    return new TaskDestination(
      topic.topicArn,
      [{ actions: ['sns:Publish'], resources: [topic.topicArn] }, ...producing(topic.masterKey)],
      topic,
    );
  }

  /** A Lambda function, version or alias of the stack's region. It is invoked asynchronously, with the body as its event. */
  static function(target: IFunction): TaskDestination {
    const { functionArn } = target;
    return new TaskDestination(
      functionArn,
      [{ actions: ['lambda:InvokeFunction'], resources: [functionArn] }],
      target,
    );
  }

  /** An event bus of the stack's region: the body is an event's detail, under `source` "task-mode". */
  static eventBus(bus: Pick<IEventBus, 'eventBusArn' | 'env'>): TaskDestination {
    const { eventBusArn } = bus;
    return new TaskDestination(
      eventBusArn,
      [{ actions: ['events:PutEvents'], resources: [eventBusArn] }],
      bus,
    );
  }

  /**
   * An HTTPS address on the public internet, which is sent the body by POST and signed.
   * @throws Error naming the URL and what is wanted.
   */
  static webhook(url: string, { secret }: WebhookProps): TaskDestination {
    const { destination } = Token.isUnresolved(url)
      ? { destination: url }
      : checkedWebhook('webhook url', url, { isPlainHttpAllowed: allowsLocalWebhooks(secret) });
    // The ARN of a secret that is known by name only lacks the six characters that AWS appended.
    const arnPattern = secret.secretFullArn ?? `${secret.secretArn}-??????`;
    return new TaskDestination(
      destination,
      [
        { actions: ['secretsmanager:GetSecretValue'], resources: [arnPattern] },
        ...keyRights(secret.encryptionKey, ['kms:Decrypt']),
      ],
      secret,
      secret.secretArn,
    );
  }

  /** What the deployment's list says of it. */
  get allowed(): AllowedDestination {
    const { destination } = this;
    return { destination, ...(this.#secretArn !== undefined && { secretArn: this.#secretArn }) };
  }

  /** Whether it is told over the public internet, signed with a secret. */
  get isWebhook(): boolean {
    return this.#secretArn !== undefined;
  }

  /** Lets the function that tells destinations tell this one. */
  grantDeliver({ grantPrincipal }: IGrantable): void {
    for (const { actions, resources } of this.#rights) {
      grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
    }
  }

  /**
   * Checks what is known at synth of where it is.
   * @throws Error when it is in another region: the follow-up function calls the services of its own.
   */
  checkRegion(scope: Construct): void {
    const { region } = Stack.of(scope);
    const own = this.#resource.env.region;
    if (Token.isUnresolved(own) || Token.isUnresolved(region) || own === region) return;
    throw new Error(`a task destination must be in the region of the stack (${region}), got one in ${own}`);
  }
}

/** Who sends to a queue or topic that is encrypted with a key of the user's needs that key. */
function producing(key: IKey | undefined): Rights[] {
  return keyRights(key, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

function keyRights(key: IKey | undefined, actions: string[]): Rights[] {
  return key ? [{ actions, resources: [key.keyArn] }] : [];
}
