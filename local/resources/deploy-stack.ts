import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import { dependenciesOf } from '../template/dependencies.ts';
import { getAttParts, isConditionTrue, resolveIntrinsics, type Scope } from '../template/intrinsics.ts';
import type { Template } from '../template/template.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { describeInert, isInertType } from './inert.ts';
import { stableHash } from './physical-name.ts';
import { Properties } from './properties.ts';
import { DEPLOYERS } from './resource-types.ts';

/** Deploys a template's resources, each when all that it needs is deployed; answers them by logical id. */
export async function deployStack(
  template: Template,
  host: Host,
  onSkipped: (logicalId: string, type: string) => void,
): Promise<ReadonlyMap<string, DeployedResource>> {
  const deployed = new Map<string, DeployedResource>();
  const scope = scopeOf(template, host, deployed);
  const present = Object.entries(template.resources).filter(
    ([logicalId, { condition }]) => condition === undefined || isConditionTrue(condition, scope, logicalId),
  );
  const providers = customResourceProviders(template);
  const isInert = (logicalId: string, type: string) => isInertType(type) || providers.has(logicalId);
  refuseUnknownTypes(present.filter(([logicalId, { type }]) => !isInert(logicalId, type)));

  const dependencies = dependenciesOf(
    Object.fromEntries(present.map(([logicalId, resource]) => [logicalId, resource.source])),
  );
  const deployOne = async (logicalId: string): Promise<void> => {
    const { type, properties, metadata } = template.resources[logicalId] as Template['resources'][string];
    const skipped = isInert(logicalId, type);
    // Nobody looks into the properties of what is not deployed: a policy may hold what we do not resolve.
    const values = skipped ? {} : (resolveIntrinsics(properties, scope, logicalId) as JsonObject);
    const resource: Resource = { logicalId, type, properties: new Properties(logicalId, values), metadata };
    const deploy = DEPLOYERS[type];
    if (skipped || deploy === undefined) {
      onSkipped(logicalId, type);
      deployed.set(logicalId, describeInert(resource, host));
    } else {
      deployed.set(logicalId, await deploy(resource, host));
    }
  };
  await inDependencyOrder(dependencies, deployOne);
  return deployed;
}

async function inDependencyOrder(
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
  deployOne: (logicalId: string) => Promise<void>,
): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const start = (logicalId: string): Promise<void> => {
    const running =
      started.get(logicalId) ??
      Promise.all([...(dependencies.get(logicalId) ?? [])].map(start)).then(() => deployOne(logicalId));
    started.set(logicalId, running);
    return running;
  };
  await Promise.all([...dependencies.keys()].map(start));
}

/** The functions behind custom resources: the local runtime does their work itself. */
function customResourceProviders(template: Template): ReadonlySet<string> {
  const providers = new Set<string>();
  for (const [logicalId, { properties }] of Object.entries(template.resources)) {
    const token = properties.ServiceToken;
    if (isJsonObject(token) && token['Fn::GetAtt'] !== undefined) {
      providers.add(getAttParts(token['Fn::GetAtt'], undefined, logicalId)[0]);
    }
  }
  return providers;
}

function refuseUnknownTypes(resources: readonly (readonly [string, { readonly type: string }])[]): void {
  const unknown = resources.filter(([, { type }]) => DEPLOYERS[type] === undefined);
  if (unknown.length > 0) {
    const list = unknown.map(([logicalId, { type }]) => `  ${logicalId}: ${type}`).join('\n');
    throw new StartupError(
      `the local runtime does not know the type of these resources of the template:\n${list}`,
    );
  }
}

function scopeOf(template: Template, host: Host, deployed: ReadonlyMap<string, DeployedResource>): Scope {
  const pseudo: Readonly<Record<string, Json>> = {
    'AWS::AccountId': host.accountId,
    'AWS::NotificationARNs': [],
    'AWS::Partition': 'aws',
    'AWS::Region': host.region,
    'AWS::StackId': `arn:aws:cloudformation:${host.region}:${host.accountId}:stack/${host.stackName}/${stableHash(host.stackName).slice(0, 32)}`,
    'AWS::StackName': host.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  return {
    mappings: template.mappings,
    conditions: template.conditions,
    ref: (name) => {
      const parameter = template.parameters[name];
      return (
        pseudo[name] ?? deployed.get(name)?.ref ?? (isJsonObject(parameter) ? parameter.Default : undefined)
      );
    },
    getAtt: (logicalId, attribute) => deployed.get(logicalId)?.attributes[attribute],
  };
}
