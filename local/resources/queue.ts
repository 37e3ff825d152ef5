import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { ACCOUNT_ID } from '../engines/engine.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** The queue attributes that decide how a queue behaves; encryption and tags decide nothing here. */
const NUMBERS = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
] as const;
const BOOLEANS = ['FifoQueue', 'ContentBasedDeduplication'] as const;
const POLICIES = ['RedrivePolicy', 'RedriveAllowPolicy'] as const;

/** The error's name differs between engines, and with the protocol that the SDK speaks to them. */
const QUEUE_EXISTS = /QueueNameExists|QueueAlreadyExists/;

/** What SQS takes for an absent property, so that one removed from the template is reset. */
const DEFAULTS: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: String(1024 * 1024),
  MessageRetentionPeriod: String(4 * 24 * 3600),
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
};

/** Deploys AWS::SQS::Queue; an existing queue takes on the template's attributes and keeps its messages. */
export async function deployQueue(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const isFifo = properties.boolean('FifoQueue', false);
  const suffix = isFifo ? '.fifo' : '';
  const name =
    properties.optionalString('QueueName') ??
    physicalName(host.stackName, logicalId, 80 - suffix.length) + suffix;
  const path = await createOrUpdate(name, attributesOf(resource), host);
  return {
    ref: new URL(path, host.sqsEndpoint).href,
    attributes: {
      Arn: `arn:aws:sqs:${host.region}:${ACCOUNT_ID}:${name}`,
      QueueName: name,
      QueueUrl: new URL(path, host.sqsEndpoint).href,
    },
  };
}

function attributesOf({ properties }: Resource): Record<string, string> {
  const attributes: Record<string, string> = { ...DEFAULTS };
  for (const name of NUMBERS) {
    const value = properties.optionalNumber(name);
    if (value !== undefined) {
      attributes[name] = String(value);
    }
  }
  for (const name of BOOLEANS) {
    if (properties.boolean(name, false)) {
      attributes[name] = 'true';
    }
  }
  for (const name of POLICIES) {
    if (properties.has(name)) {
      attributes[name] = JSON.stringify(properties.object(name));
    }
  }
  return attributes;
}

/** Answers the path of the queue's URL: the engine's own host and port in it may be ones that do not resolve or are gone. */
async function createOrUpdate(name: string, attributes: Record<string, string>, host: Host): Promise<string> {
  try {
    const { QueueUrl } = await host.sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    return await withoutStaleRedrive(new URL(QueueUrl ?? '').pathname, attributes, host);
  } catch (error) {
    if (!(error instanceof Error && QUEUE_EXISTS.test(error.name))) {
      throw error;
    }
  }
  const path = `/${ACCOUNT_ID}/${name}`;
  const { FifoQueue: _cannotChange, ...changeable } = attributes;
  await host.sqs.send(
    new SetQueueAttributesCommand({ QueueUrl: new URL(path, host.sqsEndpoint).href, Attributes: changeable }),
  );
  return withoutStaleRedrive(path, attributes, host);
}

/** CreateQueue ignores attributes that an existing queue has and the call does not name: a removed RedrivePolicy. */
async function withoutStaleRedrive(
  path: string,
  attributes: Record<string, string>,
  host: Host,
): Promise<string> {
  const QueueUrl = new URL(path, host.sqsEndpoint).href;
  if (attributes.RedrivePolicy === undefined) {
    const current = await host.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
    );
    if (current.Attributes?.RedrivePolicy) {
      await host.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: '' } }));
    }
  }
  return path;
}
