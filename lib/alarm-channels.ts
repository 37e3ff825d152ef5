import { Duration, type RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { LoggingLevel, SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SmsSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_TEMPLATES, type AlarmTemplate } from '../lambdas/domain/alarm-notice.ts';
import { ENV } from '../lambdas/domain/env.ts';
import { ALARM_WEBHOOK_RECEIVE_COUNT, ALARM_WEBHOOK_RETRY_SECONDS } from '../lambdas/domain/limits.ts';
import { acknowledge } from './acknowledge.ts';
import { BundledFunction } from './bundled-function.ts';
import { allowsLocalWebhooks, TaskDestination, type WebhookSecret } from './task-destination.ts';

/** A receiver of alarms over HTTPS. */
export interface AlarmWebhook {
  /** `https://…`. Whoever may read the function's configuration can read it, tokens in it included. */
  readonly url: string;

  /**
   * The shape of what it is told: `generic`, `{"type": "task-mode.alarm", "timestamp", "data"}`; `dingtalk`, what a
   * group's robot takes (its keyword: "Task Mode"); `slack`, what an incoming webhook takes.
   *
   * @default generic
   */
  readonly template?: AlarmTemplate;

  /**
   * What is signed with, as webhooks of destinations are: `whsec_` and 24 to 64 bytes in base64, or without the prefix.
   *
   * @default - a new one for all webhooks, whose ARN is in `channels.secret`
   */
  readonly secret?: WebhookSecret;
}

/** A channel of Slack, by way of Amazon Q Developer in chat applications. Its workspace is authorized once, on AWS's page. */
export interface AlarmSlackChannel {
  readonly workspaceId: string;
  readonly channelId: string;
}

/** Who is told of alarms. */
export interface AlarmChannelsProps {
  /** @default - nobody is mailed. Each address confirms its subscription by a mail that AWS sends */
  readonly emails?: readonly string[];

  /** Of people who get a short message, such as `+4915112345678`. @default - none */
  readonly phoneNumbers?: readonly string[];

  /** @default - none */
  readonly webhooks?: readonly AlarmWebhook[];

  /** @default - none */
  readonly slackChannels?: readonly AlarmSlackChannel[];
}

/** E.164, as SNS wants it. */
const PHONE_NUMBER = /^\+[1-9]\d{6,14}$/;

const EMAIL = /^[^\s@]+@[^\s@]+$/;

/** Letters and digits are base64, and 44 of them are a key of 33 bytes. */
const SECRET_CHARACTERS = 44;

/** The channels that alarms reach people by, each a subscription of their topic. */
export class AlarmChannels extends Construct {
  readonly #topic: ITopic;
  readonly #removalPolicy: RemovalPolicy;
  #secret: Secret | undefined;
  #deadLetterQueue: Queue | undefined;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(
    scope: Construct,
    id: string,
    props: AlarmChannelsProps & { readonly topic: ITopic; readonly removalPolicy: RemovalPolicy },
  ) {
    super(scope, id);
    this.#topic = props.topic;
    this.#removalPolicy = props.removalPolicy;
    for (const email of props.emails ?? []) {
      check('alarms.emails', EMAIL.test(email) || Token.isUnresolved(email), 'mail addresses', email);
      props.topic.addSubscription(new EmailSubscription(email));
    }
    for (const number of props.phoneNumbers ?? []) {
      const isNumber = PHONE_NUMBER.test(number) || Token.isUnresolved(number);
      check('alarms.phoneNumbers', isNumber, 'numbers such as +4915112345678', number);
      props.topic.addSubscription(new SmsSubscription(number));
    }
    for (const channel of props.slackChannels ?? []) this.#addSlack(channel);
    if (props.webhooks && props.webhooks.length > 0) this.#addWebhooks(props.webhooks);
  }

  /** What webhooks without a secret of their own are signed with; undefined when there are none. */
  get secret(): Secret | undefined {
    return this.#secret;
  }

  /** Where that ends up which webhooks did not take; undefined when there are none. */
  get deadLetterQueue(): Queue | undefined {
    return this.#deadLetterQueue;
  }

  #addSlack({ workspaceId, channelId }: AlarmSlackChannel): void {
    new SlackChannelConfiguration(this, `Slack${channelId}`, {
      slackChannelConfigurationName: `${Stack.of(this).stackName}-alarms-${channelId}`,
      slackWorkspaceId: workspaceId,
      slackChannelId: channelId,
      notificationTopics: [this.#topic],
      loggingLevel: LoggingLevel.ERROR,
      // Without one, people in the channel could do whatever the channel's role may.
      guardrailPolicies: [ManagedPolicy.fromAwsManagedPolicyName('CloudWatchReadOnlyAccess')],
    });
  }

  #addWebhooks(webhooks: readonly AlarmWebhook[]): void {
    const deadLetterQueue = this.#queue('DeadLetterQueue', {});
    this.#deadLetterQueue = deadLetterQueue;
    const announcer = new BundledFunction(this, 'Webhooks', {
      bundle: { entry: 'alarm-webhook.lambda' },
      description: 'Task Mode: tells webhooks of alarms',
      // A webhook answers within 15 s (WEBHOOK_TIMEOUT_MS), and its secret is read first.
      timeout: Duration.seconds(ALARM_WEBHOOK_RETRY_SECONDS / 2),
      memorySize: 256,
    });
    const byQueue: Record<string, object> = {};
    for (const [index, webhook] of webhooks.entries()) {
      const destination = TaskDestination.webhook(webhook.url, {
        secret: webhook.secret ?? this.#ownSecret(),
      });
      const queue = this.#queue(`Webhook${index}`, {
        visibilityTimeout: Duration.seconds(ALARM_WEBHOOK_RETRY_SECONDS),
        deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: ALARM_WEBHOOK_RECEIVE_COUNT },
      });
      this.#topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
      destination.grantDeliver(announcer);
      announcer.addToRolePolicy(
        new PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          resources: [queue.queueArn],
        }),
      );
      this.#connect(announcer, queue, index);
      byQueue[queue.queueArn] = { ...destination.allowed, template: templateOf(webhook) };
    }
    announcer.addEnvironment(ENV.alarmWebhooks, Stack.of(this).toJsonString(byQueue));
    if (allowsLocalWebhooks(this)) announcer.addEnvironment(ENV.allowsLocalWebhooks, 'true');
  }

  #connect(announcer: BundledFunction, queue: Queue, index: number): void {
    const eventSource = new EventSourceMapping(this, `Webhook${index}Source`, {
      target: announcer,
      eventSourceArn: queue.queueArn,
      // One alarm after the other, in about the order in which they were published.
      batchSize: 1,
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    });
    // It is refused while its role cannot read the queue yet.
    eventSource.node.addDependency(announcer);
  }

  #queue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      removalPolicy: this.#removalPolicy,
      ...props,
    });
  }

  #ownSecret(): Secret {
    if (this.#secret) return this.#secret;
    const secret = new Secret(this, 'Secret', {
      description: 'Task Mode: what webhooks of alarms are signed with',
      generateSecretString: { excludePunctuation: true, passwordLength: SECRET_CHARACTERS },
      removalPolicy: this.#removalPolicy,
    });
    acknowledge(secret, 'SMG4', 'receivers hold this key: it is rotated together with them');
    this.#secret = secret;
    return secret;
  }
}

function templateOf({ template = 'generic' }: AlarmWebhook): AlarmTemplate {
  check(
    'template of alarms.webhooks',
    ALARM_TEMPLATES.includes(template),
    `one of ${ALARM_TEMPLATES.join(', ')}`,
    template,
  );
  return template;
}

function check(property: string, holds: boolean, wanted: string, got: string): void {
  if (!holds) throw new Error(`${property} must be ${wanted}, got "${got}"`);
}
