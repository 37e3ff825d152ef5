import { EventSource, type EventSourceState } from '../event-sources/event-source.ts';
import { QueuePoller } from '../event-sources/queue-poller.ts';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { stableHash } from './physical-name.ts';
import type { Properties } from './properties.ts';

/** Invocations at once of a mapping that sets no maximum. Lambda would go to 1,000; each one here is a process. */
const DEFAULT_MAX_CONCURRENCY = 10;

/** Each poller of the provisioned mode runs 10 invocations at once. */
const INVOCATIONS_PER_POLLER = 10;

/** Deploys AWS::Lambda::EventSourceMapping of an SQS queue. It starts to poll when all else is deployed. */
export function deployEventSourceMapping({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const queueArn = properties.string('EventSourceArn');
  const [, , service, , accountId, queueName] = queueArn.split(':');
  if (service !== 'sqs' || queueName === undefined) {
    properties.refuse('EventSourceArn', 'the ARN of an SQS queue: the local runtime polls no other source');
  }
  if (properties.has('FilterCriteria')) {
    properties.refuse('FilterCriteria', 'none: the local runtime does not filter messages');
  }
  const functionName = properties.string('FunctionName');
  if (!host.lambda.has(functionName)) {
    throw new StartupError(`${logicalId}.FunctionName is ${functionName}: want a function of this template`);
  }
  const batchSize = properties.number('BatchSize', 10);
  const poller = new QueuePoller({
    queueArn,
    queueUrl: new URL(`/${accountId}/${queueName}`, host.sqsEndpoint).href,
    functionName,
    region: host.region,
    batchSize,
    batchingWindowSeconds: properties.number('MaximumBatchingWindowInSeconds', 0),
    reportsItemFailures: properties.list('FunctionResponseTypes').includes('ReportBatchItemFailures'),
    sqs: host.sqs,
    lambda: host.lambda,
    log: host.log,
  });
  host.pollers.push(poller);
  const id = uuidOf(`${host.stackName}/${logicalId}`);
  const pollers = properties.optionalNumber('ProvisionedPollerConfig.MaximumPollers');
  const state = host.deployedState.eventSource(logicalId, templateState(properties));
  host.eventSources.set(
    id,
    new EventSource({
      id,
      queueArn,
      functionArn: host.lambda.arnOf(functionName),
      batchSize,
      isProvisioned: pollers !== undefined,
      defaultConcurrency: pollers === undefined ? DEFAULT_MAX_CONCURRENCY : pollers * INVOCATIONS_PER_POLLER,
      poller,
      state,
      keep: (changed) => host.deployedState.keepEventSource(logicalId, changed),
    }),
  );
  return {
    ref: id,
    attributes: {
      Id: id,
      EventSourceMappingArn: `arn:aws:lambda:${host.region}:${host.accountId}:event-source-mapping:${id}`,
    },
  };
}

function templateState(properties: Properties): EventSourceState {
  const maximumConcurrency = properties.optionalNumber('ScalingConfig.MaximumConcurrency');
  return {
    isEnabled: properties.boolean('Enabled', true),
    ...(maximumConcurrency !== undefined && { maximumConcurrency }),
  };
}

function uuidOf(text: string): string {
  const hex = stableHash(text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
