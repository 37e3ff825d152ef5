import {
  CreateTopicCommand,
  ListSubscriptionsByTopicCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { isJsonObject } from '../json.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** Deploys AWS::SNS::Topic. Its subscriptions of an earlier start go: the template names those that hold. */
export async function deployTopic(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const isFifo = properties.boolean('FifoTopic', false);
  const suffix = isFifo ? '.fifo' : '';
  const name =
    properties.optionalString('TopicName') ??
    physicalName(host.stackName, logicalId, 256 - suffix.length) + suffix;
  const { TopicArn = '' } = await host.sns.send(
    new CreateTopicCommand({ Name: name, ...(isFifo && { Attributes: { FifoTopic: 'true' } }) }),
  );
  const { Subscriptions = [] } = await host.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  for (const { SubscriptionArn } of Subscriptions) {
    await host.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  }
  for (const [index, entry] of properties.list('Subscription').entries()) {
    const { Protocol, Endpoint } = isJsonObject(entry) ? entry : {};
    if (typeof Protocol !== 'string' || typeof Endpoint !== 'string') {
      properties.refuse(`Subscription`, `a Protocol and an Endpoint in entry ${index}`);
    }
    await subscribe(resource, { TopicArn, Protocol: String(Protocol), Endpoint: String(Endpoint) }, host);
  }
  return { ref: TopicArn, attributes: { TopicArn, TopicName: name } };
}

/** Deploys AWS::SNS::Subscription: of a queue, which gets what is published; of mail and the like nothing is sent from here. */
export async function deploySubscription(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties } = resource;
  const attributes = {
    ...(properties.boolean('RawMessageDelivery', false) && { RawMessageDelivery: 'true' }),
    ...(properties.has('FilterPolicy') && {
      FilterPolicy: JSON.stringify(properties.object('FilterPolicy')),
    }),
    ...(properties.has('FilterPolicyScope') && { FilterPolicyScope: properties.string('FilterPolicyScope') }),
  };
  const arn = await subscribe(
    resource,
    {
      TopicArn: properties.string('TopicArn'),
      Protocol: properties.string('Protocol'),
      Endpoint: properties.string('Endpoint'),
      Attributes: attributes,
    },
    host,
  );
  return { ref: arn, attributes: { Arn: arn } };
}

interface Subscription {
  readonly TopicArn: string;
  readonly Protocol: string;
  readonly Endpoint: string;
  readonly Attributes?: Record<string, string>;
}

async function subscribe(
  { properties, logicalId }: Resource,
  subscription: Subscription,
  host: Host,
): Promise<string> {
  const { Protocol, Endpoint } = subscription;
  if (Protocol === 'lambda' || Protocol === 'firehose') {
    properties.refuse('Protocol', 'sqs: topics of the local runtime tell queues');
  }
  if (Protocol !== 'sqs') {
    host.log(`task-mode | ${logicalId}: ${Protocol} to ${Endpoint} is not sent from this machine`);
    return `${subscription.TopicArn}:${logicalId}`;
  }
  const { SubscriptionArn = '' } = await host.sns.send(new SubscribeCommand(subscription));
  return SubscriptionArn;
}
