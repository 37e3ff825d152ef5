import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';

/** Where the call wants the physical id of the resource that it acts on. */
const PHYSICAL_ID_PLACE = 'PHYSICAL:RESOURCEID:';

type Send = (client: DynamoDBClient, parameters: JsonObject) => Promise<object>;

/** The calls that a custom resource can make here, by `service.action` in lower case. */
const CALLS: Readonly<Record<string, Send>> = {
  'dynamodb.putitem': (client, input) => client.send(new PutItemCommand(sdkInput(input))),
  'dynamodb.getitem': (client, input) => client.send(new GetItemCommand(sdkInput(input))),
  'dynamodb.updateitem': (client, input) => client.send(new UpdateItemCommand(sdkInput(input))),
  'dynamodb.deleteitem': (client, input) => client.send(new DeleteItemCommand(sdkInput(input))),
};

/**
 * Deploys Custom::AWS, CDK's AwsCustomResource: makes its Create call the first time, its Update call at every
 * later start (CloudFormation would only when it changed; here queue URLs change with the engines' ports).
 */
export async function deployCustomAws(resource: Resource, host: Host): Promise<DeployedResource> {
  const { logicalId } = resource;
  const earlier = host.deployedState.earlier(logicalId);
  const property = earlier === undefined ? 'Create' : 'Update';
  const call = callOf(resource, property);
  const answer =
    call === undefined ? {} : await makeCall(call, `${logicalId}.${property}`, earlier?.physicalId, host);
  host.registeredFunctionNames.push(...registeredFunctionName(call));
  const physicalId = physicalIdOf(call, answer) ?? earlier?.physicalId ?? logicalId;
  const deleteCall = callOf(resource, 'Delete');
  if (deleteCall !== undefined) {
    sendOf(deleteCall, `${logicalId}.Delete`);
  }
  if (earlier?.delete !== undefined && earlier.physicalId !== physicalId) {
    await makeCall(earlier.delete, `${logicalId}.Delete`, earlier.physicalId, host);
  }
  host.deployedState.record(logicalId, {
    physicalId,
    ...(deleteCall === undefined ? {} : { delete: deleteCall }),
  });
  return { ref: physicalId, attributes: answer };
}

/** Makes the Delete call of every custom resource that an earlier start deployed and the template no longer has. */
export async function deleteRemovedCustomResources(host: Host): Promise<void> {
  for (const [logicalId, { physicalId, delete: call }] of host.deployedState.removed()) {
    if (call !== undefined) {
      await makeCall(call, `${logicalId}.Delete`, physicalId, host);
    }
  }
}

function callOf({ properties, logicalId }: Resource, property: string): JsonObject | undefined {
  const text = properties.optionalString(property);
  if (text === undefined) {
    return undefined;
  }
  const where = `${logicalId}.${property}`;
  let call: unknown;
  try {
    call = JSON.parse(text);
  } catch (error) {
    throw new StartupError(`${where} is not JSON (${(error as Error).message}): ${shown(text)}`);
  }
  if (!isJsonObject(call) || typeof call.service !== 'string' || typeof call.action !== 'string') {
    throw new StartupError(`${where} is ${shown(call)}: want a call with service and action`);
  }
  return call;
}

function sendOf(call: JsonObject, where: string): Send {
  const service = String(call.service).replace(/^@aws-sdk\/client-/, '');
  const action = String(call.action).replace(/Command$/, '');
  const send = CALLS[`${service}.${action}`.toLowerCase()];
  if (send === undefined) {
    throw new StartupError(
      `${where} calls ${service} ${action}: the local runtime makes only ${Object.keys(CALLS).join(', ')}`,
    );
  }
  return send;
}

/** The key that a registry row is written under: the name that callers of the API use. Rows of another kind begin with #. */
function registeredFunctionName(call: JsonObject | undefined): string[] {
  const parameters = isJsonObject(call?.parameters) ? call.parameters : {};
  const key = isJsonObject(parameters.Key) ? parameters.Key.functionName : undefined;
  return isJsonObject(key) && typeof key.S === 'string' && !key.S.startsWith('#') ? [key.S] : [];
}

async function makeCall(
  call: JsonObject,
  where: string,
  physicalId: string | undefined,
  host: Host,
): Promise<Record<string, string>> {
  const send = sendOf(call, where);
  const parameters = withPhysicalId(call.parameters ?? {}, physicalId ?? '');
  try {
    const { $metadata: _, ...answer } = (await send(host.dynamodb, parameters as JsonObject)) as Record<
      string,
      unknown
    >;
    return flatten(answer);
  } catch (error) {
    const code = error instanceof Error ? error.name : String(error);
    const ignored = call.ignoreErrorCodesMatching;
    if (typeof ignored === 'string' && new RegExp(ignored).test(code)) {
      return {};
    }
    throw new StartupError(
      `${where}: ${call.service} ${call.action} failed with ${code}: ${(error as Error).message}`,
    );
  }
}

function physicalIdOf(call: JsonObject | undefined, answer: Record<string, string>): string | undefined {
  const wanted = isJsonObject(call?.physicalResourceId) ? call.physicalResourceId : {};
  if (typeof wanted.id === 'string') {
    return wanted.id;
  }
  return typeof wanted.responsePath === 'string' ? answer[wanted.responsePath] : undefined;
}

function withPhysicalId(value: Json, physicalId: string): Json {
  if (value === PHYSICAL_ID_PLACE) {
    return physicalId;
  }
  if (Array.isArray(value)) {
    return value.map((entry: Json) => withPhysicalId(entry, physicalId));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, withPhysicalId(entry, physicalId)]),
    );
  }
  return value;
}

/** Names each leaf of an answer by its path, as Fn::GetAtt of an AwsCustomResource does: `Item.count.N`. */
function flatten(value: object, prefix = ''): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, entry]: [string, unknown]) =>
      typeof entry === 'object' && entry !== null
        ? flatten(entry, `${prefix}${key}.`)
        : { [`${prefix}${key}`]: String(entry) },
    ),
  );
}

/** The call's parameters are JSON in the shape of the SDK's input; DynamoDB validates them. */
function sdkInput<T>(parameters: JsonObject): T {
  return parameters as T;
}
