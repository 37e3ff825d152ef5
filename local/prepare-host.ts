import { PublishCommand } from '@aws-sdk/client-sns';
import { readAssembly, type Stack } from './assembly/read-assembly.ts';
import { synthesize } from './assembly/synthesize.ts';
import type { DataDirectory } from './data-directory.ts';
import { DeployedState } from './deployed-state.ts';
import { ACCOUNT_ID } from './engines/engine.ts';
import { type Engines, startEngines } from './engines/start-engines.ts';
import { EventBuses } from './events/event-buses.ts';
import { objectEvent } from './events/object-event.ts';
import { Targets } from './events/targets.ts';
import { clockProgram, environmentProgram } from './functions/environment-program.ts';
import { serveLambdaApi } from './functions/lambda-api.ts';
import { LambdaService } from './functions/lambda-service.ts';
import { lineTime } from './functions/log-lines.ts';
import type { Gateway } from './gateway/gateway.ts';
import { LogStore } from './logs/log-store.ts';
import { serveLogsApi } from './logs/logs-api.ts';
import { serveCloudWatchApi } from './monitoring/cloudwatch-api.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import type { Host } from './resources/deployer.ts';
import { SecretStore } from './secrets/secret-store.ts';
import { serveSecretsManagerApi } from './secrets/secrets-manager-api.ts';
import { Workflows } from './workflows/workflows.ts';

/** At a stop, running invocations may still finish for this long: it loses nothing, and the whole stop takes under 2 s. */
const DRAIN_MS = 1000;

/** By which the construct library is asked to tell how functions are bundled. */
const RELOAD_CONTEXT = 'task-mode:reload';

export interface HostOptions {
  readonly appDir: string;
  /** A cloud assembly that is synthesized already. */
  readonly assemblyDir?: string;
  readonly data: DataDirectory;
  readonly gateway: Gateway;
  readonly dynamodbEndpoint?: string;
  readonly sqsEndpoint?: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Has the app tell how its functions are bundled. */
  readonly reload?: boolean;
  readonly verbose?: boolean;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Of the services that are our own. */
interface OwnEndpoints {
  readonly secretsManager: string;
  readonly cloudWatch: string;
  readonly cloudWatchLogs: string;
  readonly lambda: string;
  readonly sfn: string;
  readonly eventBridge: string;
}

export interface PreparedHost {
  readonly stack: Stack;
  readonly host: Host;
  readonly endpoints: Engines['endpoints'] & OwnEndpoints;
}

/** Gets ready at once what deploying needs: the synthesized stack, and what runs it. */
export async function prepareHost(
  options: HostOptions,
  cleanup: AsyncDisposableStack,
): Promise<PreparedHost> {
  const { data, gateway, log } = options;
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const [stack, engines, program, preload, deployedState] = await allOrNone([
    synthesizedStack(options, region),
    startEngines({ dataDir: data, region, ...endpointsOf(options) }, cleanup),
    environmentProgram(data.environmentProgram),
    clockProgram(data.clockProgram, data.clock),
    DeployedState.read(data.deployedState),
  ]);
  const { endpoints, sqs, sns, dynamodb, queueEngine } = engines;
  const secrets = SecretStore.open(data.secrets);
  const secretsApi = await serveSecretsManagerApi(secrets);
  cleanup.defer(() => secretsApi.close());
  const monitoring = monitoringOf(engines, region, log);
  cleanup.defer(() => monitoring.stop());
  const cloudWatchApi = await serveCloudWatchApi(monitoring);
  cleanup.defer(() => cloudWatchApi.close());
  const logs = new LogStore(data.logs);
  cleanup.defer(() => logs.close());
  const logsApi = await serveLogsApi(logs);
  cleanup.defer(() => logsApi.close());
  const eventSources: Host['eventSources'] = new Map();
  const lambdaApi = await serveLambdaApi(() => lambda, eventSources);
  cleanup.defer(() => lambdaApi.close());
  const targets = new Targets({ sqs, sqsEndpoint: endpoints.sqs, lambda: () => lambda, log });
  const eventBuses = new EventBuses({ region, accountId: ACCOUNT_ID, targets });
  const toldBuckets: Host['toldBuckets'] = new Set();
  queueEngine.onObjectCreated((creation) => {
    if (toldBuckets.has(creation.bucket)) eventBuses.publish(objectEvent(creation, region, ACCOUNT_ID));
  });
  const eventsApi = await eventBuses.serve();
  cleanup.defer(() => eventsApi.close());
  const workflows = new Workflows({
    dir: data.executions,
    region,
    accountId: ACCOUNT_ID,
    lambda: () => lambda,
    sqs,
    onStatusChange: (event) => eventBuses.publish(event),
    log,
  });
  const workflowsApi = await workflows.serve();
  const lambda: LambdaService = new LambdaService({
    region,
    program,
    preload,
    log,
    isVerbose: options.verbose ?? false,
    onMetrics: (label, line) => monitoring.takeLine(label, line),
    onLine: (logGroup, stream, text) =>
      logs.add({ logGroup, stream, time: lineTime(text, Date.now()), text }),
    onInvocation: (invocation) => monitoring.takeInvocation(invocation),
    onThrottle: (functionName) => monitoring.takeThrottle(functionName),
    endpointVariables: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_ENDPOINT_URL_SNS: endpoints.sns,
      AWS_ENDPOINT_URL_EVENTBRIDGE: eventsApi.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: lambdaApi.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsApi.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatchApi.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logsApi.endpoint,
      AWS_ENDPOINT_URL_SFN: workflowsApi.endpoint,
    },
  });
  const pollers: Host['pollers'] = [];
  cleanup.defer(() => Promise.all(pollers.map((poller) => poller.settled())).then(() => undefined));
  cleanup.defer(() => lambda.stop(DRAIN_MS));
  // Before the functions end: an execution must not take the end of its function for the function's failure.
  cleanup.defer(() => workflows.stop());
  cleanup.defer(() => workflowsApi.close());
  const host: Host = {
    stackName: stack.name,
    region,
    accountId: ACCOUNT_ID,
    assetPaths: stack.assetPaths,
    sqs,
    sqsEndpoint: endpoints.sqs,
    sns,
    dynamodb,
    tableNames: [],
    queueEngine,
    secrets,
    eventBuses,
    targets,
    toldBuckets,
    accessKeySecrets: new Set(),
    monitoring,
    lambda,
    reloadables: [],
    workflows,
    gateway,
    pollers,
    eventSources,
    schedules: [],
    registeredFunctionNames: [],
    deployedState,
    log,
  };
  return {
    stack,
    host,
    endpoints: {
      ...endpoints,
      secretsManager: secretsApi.endpoint,
      cloudWatch: cloudWatchApi.endpoint,
      cloudWatchLogs: logsApi.endpoint,
      lambda: lambdaApi.endpoint,
      sfn: workflowsApi.endpoint,
      eventBridge: eventsApi.endpoint,
    },
  };
}

function monitoringOf(engines: Engines, region: string, log: (line: string) => void): Monitoring {
  const { sns, queueFigures } = engines;
  return new Monitoring({
    region,
    accountId: ACCOUNT_ID,
    log,
    figuresOf: queueFigures,
    publish: (TopicArn, Subject, Message) => sns.send(new PublishCommand({ TopicArn, Subject, Message })),
  });
}

async function synthesizedStack(options: HostOptions, region: string): Promise<Stack> {
  const { appDir, data, log, signal } = options;
  if (options.assemblyDir !== undefined) {
    return readAssembly(options.assemblyDir);
  }
  const outDir = data.cloudAssembly;
  await synthesize({
    appDir,
    outDir,
    bundleCacheDir: data.bundles,
    region,
    accountId: ACCOUNT_ID,
    context: { ...options.context, ...(options.reload && { [RELOAD_CONTEXT]: 'true' }) },
    verbose: options.verbose ?? false,
    log,
    ...(signal ? { signal } : {}),
  });
  return readAssembly(outDir);
}

function endpointsOf({ dynamodbEndpoint, sqsEndpoint }: HostOptions) {
  return {
    ...(dynamodbEndpoint === undefined ? {} : { dynamodbEndpoint }),
    ...(sqsEndpoint === undefined ? {} : { sqsEndpoint }),
  };
}

/** As Promise.all, but it waits for all before it fails: what starts after a failure would be left running. */
async function allOrNone<T extends readonly unknown[] | []>(promises: T) {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
