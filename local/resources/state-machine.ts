import type { Json } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** Deploys AWS::StepFunctions::StateMachine; what its definition wants and cannot have here stops the start. */
export async function deployStateMachine(resource: Resource, host: Host): Promise<DeployedResource> {
  const { properties, logicalId } = resource;
  const { readDefinition } = await import('../workflows/definition/read-definition.ts');
  const type = properties.optionalString('StateMachineType') ?? 'STANDARD';
  if (type !== 'STANDARD' && type !== 'EXPRESS') {
    properties.refuse('StateMachineType', '"STANDARD" or "EXPRESS"');
  }
  const name = properties.optionalString('StateMachineName') ?? physicalName(host.stackName, logicalId, 80);
  const arn = `arn:aws:states:${host.region}:${host.accountId}:stateMachine:${name}`;
  const { text, source } = definitionOf(resource);
  const service = await host.workflows.service();
  service.deploy({
    arn,
    name,
    roleArn: properties.string('RoleArn'),
    isExpress: type === 'EXPRESS',
    definition: readDefinition(source, logicalId, { isExpress: type === 'EXPRESS' }),
    definitionText: text,
    createdMs: Date.now(),
  });
  return { ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: 'INITIAL' } };
}

/** The definition with its substitutions: `${Key}` is replaced wherever it stands in the text. */
function definitionOf({ properties, logicalId }: Resource): { text: string; source: Json } {
  if (properties.has('DefinitionS3Location')) {
    properties.refuse(
      'DefinitionS3Location',
      'none, but a DefinitionString: the local runtime reads no S3 object',
    );
  }
  const template = properties.has('Definition')
    ? JSON.stringify(properties.object('Definition'))
    : properties.string('DefinitionString');
  const text = Object.entries(properties.object('DefinitionSubstitutions')).reduce(
    // Inside of JSON, a value stands in a string.
    (result, [key, value]) =>
      result.replaceAll(`\${${key}}`, () => JSON.stringify(String(value)).slice(1, -1)),
    template,
  );
  try {
    return { text, source: JSON.parse(text) as Json };
  } catch (error) {
    throw new StartupError(`${logicalId}.DefinitionString is not JSON: ${(error as Error).message}`);
  }
}
