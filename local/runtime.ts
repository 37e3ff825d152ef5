import { join, resolve } from 'node:path';
import { Clock } from './clock/clock.ts';
import { TimeControl } from './clock/time-control.ts';
import { openDataDirectory } from './data-directory.ts';
import type { InvokeResult } from './functions/protocol.ts';
import { ClockApi } from './gateway/clock-api.ts';
import { ConsoleFiles } from './gateway/console-files.ts';
import { Gateway } from './gateway/gateway.ts';
import { prepareHost } from './prepare-host.ts';
import { startHotReload } from './reload/start-hot-reload.ts';
import { deleteRemovedCustomResources } from './resources/custom-aws.ts';
import { deployStack } from './resources/deploy-stack.ts';
import type { Host } from './resources/deployer.ts';
import { putAccessKeys } from './secrets/put-access-keys.ts';

/** Of the operation by which the console lists workflows. */
const WORKFLOWS_ROUTE = 'GET /2023-03-30/workflows';

/** The port that the documentation's examples use. */
const DEFAULT_PORT = 3000;

export interface LocalRuntimeOptions {
  /** Folder of the CDK app. @default - the current folder; not used with assemblyDir */
  readonly appDir?: string;
  /** A cloud assembly that is synthesized already: the app is not run. */
  readonly assemblyDir?: string;
  /** Port of the HTTP API; 0 is any free one. @default 3000 */
  readonly port?: number;
  /** Folder that keeps queues, tables, objects and deployed state. @default - .local in appDir */
  readonly dataDir?: string;
  /** Deletes what the data directory holds first. @default false */
  readonly fresh?: boolean;
  /** A DynamoDB endpoint to use in place of the embedded engine. */
  readonly dynamodbEndpoint?: string;
  /** An SQS endpoint to use in place of the embedded engine. */
  readonly sqsEndpoint?: string;
  /** CDK context values of the app, over those of its cdk.json; not used with assemblyDir. */
  readonly context?: Readonly<Record<string, string>>;
  /** Folder of the built web console, which is served at /console; it may still be being built. @default - no console */
  readonly consoleFolder?: Promise<string>;
  /** The access keys of the API, as the text of their secret. @default - those that the secret has */
  readonly accessKeys?: string;
  /** Takes function logs (`name | line`) and the runtime's notes (`task-mode | ...`), a line at a time. @default - standard output */
  readonly log?: (line: string) => void;
  /** Bundles a task function again when its files are saved; not with assemblyDir. @default false */
  readonly reload?: boolean;
  /** Notes each resource that has nothing to do here. @default false */
  readonly verbose?: boolean;
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface LocalRuntime {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Where the web console is, if it is served. */
  readonly consoleUrl: string | undefined;
  readonly stackName: string;
  readonly region: string;
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly s3: string;
    readonly secretsManager: string;
    readonly cloudWatch: string;
    readonly cloudWatchLogs: string;
    readonly lambda: string;
    readonly sfn: string;
    readonly eventBridge: string;
    readonly sns: string;
  };
  /** Names of the task functions that the template's custom resources write into the registry. */
  readonly functionNames: readonly string[];
  /** Whether callers of the API must sign with access keys. */
  readonly hasAccessKeys: boolean;
  /** What Ref of a resource gives; undefined when the template has none of that logical id. */
  ref(logicalId: string): string | undefined;
  /** Process ids of the live execution environments. */
  environmentPids(functionName?: string): number[];
  /** Invokes a function by name or ARN, as Lambda's Invoke does. */
  invoke(functionNameOrArn: string, payload: unknown): Promise<InvokeResult>;
  /** Ends everything that was started, in under 2 s. Safe to call twice. */
  stop(): Promise<void>;
}

/** Deploys a CDK app on this machine and runs it; resolves when it takes requests. */
export async function startLocalRuntime(options: LocalRuntimeOptions = {}): Promise<LocalRuntime> {
  const cleanup = new AsyncDisposableStack();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

async function start(options: LocalRuntimeOptions, cleanup: AsyncDisposableStack): Promise<LocalRuntime> {
  const log = options.log ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const appDir = resolve(options.appDir ?? '.');
  const data = await openDataDirectory(options.dataDir ?? join(appDir, '.local'), {
    fresh: options.fresh ?? false,
  });
  cleanup.defer(() => data.release());
  const clock = Clock.open(data.clock);
  cleanup.defer(() => clock.close());
  const gateway = await Gateway.listen(options.port ?? DEFAULT_PORT);
  cleanup.defer(() => gateway.close());
  const { host, stack, endpoints } = await prepareHost({ ...options, appDir, data, gateway, log }, cleanup);

  const deployed = await deployStack(stack.template, host, (logicalId, type) => {
    if (options.verbose) {
      log(`task-mode | skipped ${logicalId} (${type}): it has nothing to do on this machine`);
    }
  });
  if (options.accessKeys !== undefined) {
    putAccessKeys(options.accessKeys, host);
  }
  await deleteRemovedCustomResources(host);
  await host.deployedState.save();
  options.signal?.throwIfAborted();
  // Before anything runs again: tasks of executions that are over are to be stopped, and not to be begun.
  await host.workflows.endInterrupted();
  startWork(host, cleanup);
  if (options.reload && options.assemblyDir === undefined) {
    const hotReload = startHotReload(appDir, data.cloudAssembly, host);
    cleanup.defer(() => hotReload.stop());
  }
  host.monitoring.start();
  serveOwnPages(host, clock, options);
  gateway.serve(host.lambda, (request) => host.monitoring.takeRequest(request));
  return {
    url: gateway.url,
    consoleUrl: options.consoleFolder === undefined ? undefined : `${gateway.url}/console`,
    stackName: host.stackName,
    region: host.region,
    endpoints,
    functionNames: host.registeredFunctionNames,
    hasAccessKeys: host.accessKeySecrets.size > 0,
    ref: (logicalId) => deployed.get(logicalId)?.ref,
    environmentPids: (functionName) => host.lambda.environmentPids(functionName),
    invoke: (functionNameOrArn, payload) => host.lambda.invoke(functionNameOrArn, payload),
    stop: () => cleanup.disposeAsync(),
  };
}

/** Starts what takes messages and comes by itself; it ends before what it works with. */
function startWork({ gateway, pollers, schedules }: Host, cleanup: AsyncDisposableStack): void {
  cleanup.defer(() => {
    gateway.stopAccepting();
    for (const schedule of schedules) schedule.stop();
    return Promise.all(pollers.map((poller) => poller.stop())).then(() => undefined);
  });
  for (const poller of pollers) poller.start();
  for (const schedule of schedules) schedule.start();
}

/** Serves what this runtime has beside the API: its clock, and the web console. */
function serveOwnPages(host: Host, clock: Clock, options: LocalRuntimeOptions): void {
  const { gateway, stackName, region, registeredFunctionNames: functionNames } = host;
  const { consoleFolder, sqsEndpoint } = options;
  const isMovable = sqsEndpoint === undefined;
  gateway.serveOwn(new ClockApi(new TimeControl({ ...host, clock, isMovable })));
  if (consoleFolder === undefined) return;
  gateway.serveOwn(
    new ConsoleFiles(consoleFolder, {
      stackName,
      region,
      functionNames,
      isLocal: true,
      endpoint: gateway.url,
      auth: host.accessKeySecrets.size > 0 ? 'accessKeys' : 'none',
      hasWorkflows: gateway.hasRoute(WORKFLOWS_ROUTE),
    }),
  );
}
