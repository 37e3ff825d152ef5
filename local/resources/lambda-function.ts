import { existsSync } from 'node:fs';
import { bundleSourceOf } from '../reload/bundle-source.ts';
import { ACCESS_KEYS_VARIABLE } from '../secrets/put-access-keys.ts';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** CDK ends a logical id with eight hexadecimal digits that make it unique; people know the part before. */
const LOGICAL_ID_HASH = /[0-9A-F]{8}$/;

/** Lambda Insights measures instances of AWS's: here there is nothing for it to do. */
const INSIGHTS_LAYER = /:layer:LambdaInsightsExtension(-Arm64)?:\d+$/;

/** The environment variable by which a function tells its readable name. */
const NAME_VARIABLE = 'TASK_FUNCTION_NAME';

/** Deploys AWS::Lambda::Function of a Node runtime from its asset folder. */
export function deployFunction({ properties, logicalId, metadata }: Resource, host: Host): DeployedResource {
  const runtime = properties.optionalString('Runtime');
  if (runtime === undefined || !runtime.startsWith('nodejs')) {
    return properties.refuse(
      'Runtime',
      'a Node runtime such as "nodejs24.x": the local runtime runs no other',
    );
  }
  if (!properties.strings('Layers').every((arn) => INSIGHTS_LAYER.test(arn))) {
    properties.refuse('Layers', 'none but Lambda Insights: the local runtime does not unpack layers');
  }
  const assetKey = properties.string('Code.S3Key');
  const taskRoot = host.assetPaths.get(assetKey);
  if (taskRoot === undefined || !existsSync(taskRoot)) {
    throw new StartupError(
      `${logicalId}.Code.S3Key is ${assetKey}, an asset that the cloud assembly has no folder for: want code from a CDK asset`,
    );
  }
  const name = properties.optionalString('FunctionName') ?? physicalName(host.stackName, logicalId, 64);
  const arn = `arn:aws:lambda:${host.region}:${host.accountId}:function:${name}`;
  const environment = Object.fromEntries(
    Object.entries(properties.object('Environment.Variables')).map(([key, value]) => [key, String(value)]),
  );
  const accessKeySecret = environment[ACCESS_KEYS_VARIABLE];
  if (accessKeySecret !== undefined) {
    host.accessKeySecrets.add(accessKeySecret);
  }
  const reservedConcurrency = properties.optionalNumber('ReservedConcurrentExecutions');
  const label = environment[NAME_VARIABLE] ?? logicalId.replace(LOGICAL_ID_HASH, '');
  const source = bundleSourceOf(metadata);
  if (source !== undefined) {
    host.reloadables.push({ name, label, source });
  }
  host.lambda.deploy({
    name,
    arn,
    label,
    taskRoot,
    handler: properties.string('Handler'),
    runtime,
    logging: {
      logGroup: properties.optionalString('LoggingConfig.LogGroup'),
      format: properties.optionalString('LoggingConfig.LogFormat'),
      level: properties.optionalString('LoggingConfig.ApplicationLogLevel'),
    },
    environment,
    timeoutSeconds: properties.number('Timeout', 3),
    memoryMegabytes: properties.number('MemorySize', 128),
    ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
  });
  return { ref: name, attributes: { Arn: arn } };
}
