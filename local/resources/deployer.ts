import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DeployedState } from '../deployed-state.ts';
import type { QueueEngine } from '../engines/queue-engine.ts';
import type { EventSource } from '../event-sources/event-source.ts';
import type { QueuePoller } from '../event-sources/queue-poller.ts';
import type { RateSchedule } from '../event-sources/rate-schedule.ts';
import type { EventBuses } from '../events/event-buses.ts';
import type { Targets } from '../events/targets.ts';
import type { LambdaService } from '../functions/lambda-service.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { JsonObject } from '../json.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { ReloadableFunction } from '../reload/hot-reload.ts';
import type { ClockSchedule } from '../scheduling/clock-schedule.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { Workflows } from '../workflows/workflows.ts';
import type { Properties } from './properties.ts';

/** A resource of the template on its way to being deployed: every intrinsic function is resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  /** What the CDK app notes beside it, as it stands in the template. */
  readonly metadata: JsonObject;
}

/** What other resources can ask of a deployed one. */
export interface DeployedResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a deployer may deploy to. */
export interface Host {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  readonly assetPaths: ReadonlyMap<string, string>;
  readonly sqs: SQSClient;
  readonly sqsEndpoint: string;
  readonly sns: SNSClient;
  readonly dynamodb: DynamoDBClient;
  /** The tables that are deployed. */
  readonly tableNames: string[];
  readonly queueEngine: QueueEngine;
  readonly secrets: SecretStore;
  readonly eventBuses: EventBuses;
  readonly targets: Targets;
  /** The buckets whose objects EventBridge is told of. */
  readonly toldBuckets: Set<string>;
  /** The secrets, by ARN, from which functions of the API read access keys. */
  readonly accessKeySecrets: Set<string>;
  readonly monitoring: Monitoring;
  readonly lambda: LambdaService;
  /** The functions whose code can be bundled again. */
  readonly reloadables: ReloadableFunction[];
  readonly workflows: Workflows;
  readonly gateway: Gateway;
  /** Event sources that start to poll when everything is deployed. */
  readonly pollers: QueuePoller[];
  /** Event source mappings by their ids, for Lambda's own API. */
  readonly eventSources: Map<string, EventSource>;
  /** Schedules that start when everything is deployed. */
  readonly schedules: (RateSchedule | ClockSchedule)[];
  /** The task functions that custom resources write into a registry table. */
  readonly registeredFunctionNames: string[];
  readonly deployedState: DeployedState;
  readonly log: (line: string) => void;
}

/** Deploys resources of one type; throws StartupError for what it cannot deploy. */
export type Deployer = (resource: Resource, host: Host) => DeployedResource | Promise<DeployedResource>;
