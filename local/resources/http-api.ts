import type { DeployedResource, Host, Resource } from './deployer.ts';
import { stableHash } from './physical-name.ts';

/** API Gateway's limit for an HTTP API's integration. */
const MAX_INTEGRATION_MS = 30_000;

/** Deploys AWS::ApiGatewayV2::Api of protocol HTTP: the one API that the gateway serves. */
export function deployHttpApi({ properties, logicalId }: Resource, host: Host): DeployedResource {
  if (properties.string('ProtocolType') !== 'HTTP') {
    properties.refuse('ProtocolType', '"HTTP"');
  }
  if (properties.has('CorsConfiguration')) {
    properties.refuse('CorsConfiguration', 'none: the local gateway does not answer preflight requests');
  }
  const apiId = idOf('api', logicalId, host);
  host.gateway.serveApi(apiId, logicalId);
  return { ref: apiId, attributes: { ApiId: apiId, ApiEndpoint: host.gateway.url } };
}

/** Deploys AWS::ApiGatewayV2::Integration of a Lambda function. */
export function deployIntegration({ properties, logicalId }: Resource, host: Host): DeployedResource {
  if (properties.string('IntegrationType') !== 'AWS_PROXY' || properties.has('IntegrationSubtype')) {
    properties.refuse('IntegrationType', '"AWS_PROXY" of a Lambda function, without an IntegrationSubtype');
  }
  if (properties.string('PayloadFormatVersion') !== '2.0') {
    properties.refuse('PayloadFormatVersion', '"2.0"');
  }
  const functionArn = /arn:[^:]+:lambda:[^:]+:[^:]+:function:[^/:]+/.exec(
    properties.string('IntegrationUri'),
  )?.[0];
  if (functionArn === undefined || !host.lambda.has(functionArn)) {
    return properties.refuse('IntegrationUri', 'the ARN of a function of this template');
  }
  const integrationId = idOf('integration', logicalId, host);
  host.gateway.addIntegration(integrationId, {
    functionArn,
    timeoutMs: properties.number('TimeoutInMillis', MAX_INTEGRATION_MS),
  });
  return { ref: integrationId, attributes: { IntegrationId: integrationId } };
}

/** Deploys AWS::ApiGatewayV2::Route. */
export function deployRoute({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const authorization = properties.optionalString('AuthorizationType') ?? 'NONE';
  if (authorization !== 'NONE' && authorization !== 'AWS_IAM') {
    properties.refuse('AuthorizationType', '"NONE" or "AWS_IAM": the local gateway runs no authorizer');
  }
  const target = properties.string('Target');
  const added = host.gateway.addRoute({
    routeKey: properties.string('RouteKey'),
    integrationId: target.replace(/^integrations\//, ''),
    isIamAuthorized: authorization === 'AWS_IAM',
  });
  if (added !== undefined) {
    properties.refuse(added.property, added.wanted);
  }
  return { ref: idOf('route', logicalId, host), attributes: { RouteId: idOf('route', logicalId, host) } };
}

/** Deploys AWS::ApiGatewayV2::Stage: the `$default` one, which puts nothing before the path. */
export function deployStage({ properties }: Resource): DeployedResource {
  const name = properties.string('StageName');
  if (name !== '$default') {
    properties.refuse('StageName', '"$default"');
  }
  return { ref: name, attributes: {} };
}

function idOf(kind: string, logicalId: string, host: Host): string {
  return stableHash(`${host.stackName}/${kind}/${logicalId}`).slice(0, 10);
}
