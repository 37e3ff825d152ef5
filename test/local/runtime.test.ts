import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { type LocalRuntime, type LocalRuntimeOptions, startLocalRuntime } from '../../local/runtime.ts';
import {
  type AssemblySource,
  functionResource,
  type Resources,
  temporaryFolder,
  writeApp,
  writeAssembly,
} from './fixtures/assembly.ts';

const runtimes: LocalRuntime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.stop()));
});

async function start(source: AssemblySource, options: LocalRuntimeOptions = {}) {
  const lines: string[] = [];
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly(source),
    port: 0,
    dataDir: await temporaryFolder(),
    log: (line) => lines.push(line),
    ...options,
  });
  runtimes.push(runtime);
  return { runtime, lines };
}

const startResources = (resources: Resources, options?: LocalRuntimeOptions) => start({ resources }, options);

const table = (properties: object = {}) => ({
  Type: 'AWS::DynamoDB::GlobalTable',
  Properties: {
    AttributeDefinitions: [{ AttributeName: 'functionName', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'functionName', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    Replicas: [{ Region: { Ref: 'AWS::Region' } }],
    ...properties,
  },
});

/** A custom resource that writes a row, as lib/function-registry does through AwsCustomResource. */
function registryRow(name: string, color: string) {
  const call = (expression: string, value: object, condition = '') => ({
    'Fn::Join': [
      '',
      [
        '{"service":"DynamoDB","action":"UpdateItem","parameters":{"TableName":"',
        { Ref: 'Table' },
        `","Key":{"functionName":{"S":"${name}"}},"UpdateExpression":"${expression}",${condition}`,
        `"ExpressionAttributeValues":{":v":${JSON.stringify(value)}}},"physicalResourceId":{"id":"${name}"},`,
        '"ignoreErrorCodesMatching":"ConditionalCheckFailed.*"}',
      ],
    ],
  });
  return {
    Type: 'Custom::AWS',
    Properties: {
      ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] },
      Create: call('SET color = :v, created = :v', { S: color }),
      Update: call('SET color = :v, updated = :v', { S: color }),
      Delete: call('SET deleted = :v', { BOOL: true }),
    },
  };
}

/** The provider is of a runtime that cannot run here: it must not be run. */
const registry = { Table: table(), Provider: functionResource('nowhere', { Runtime: 'python3.13' }) };

async function rowOf(runtime: LocalRuntime, name: string) {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: runtime.endpoints.dynamodb,
    credentials: CREDENTIALS,
  });
  const { Item } = await client.send(
    new GetItemCommand({ TableName: runtime.ref('Table') ?? '', Key: { functionName: { S: name } } }),
  );
  client.destroy();
  return Object.fromEntries(Object.entries(Item ?? {}).map(([key, value]) => [key, value.S ?? value.BOOL]));
}

describe('startLocalRuntime', () => {
  it('refuses every resource of a type that it does not know, by name', async () => {
    const resources = {
      Stream: { Type: 'AWS::Kinesis::Stream' },
      Thing: { Type: 'Custom::Thing', Properties: {} },
      Queue: { Type: 'AWS::SQS::Queue' },
    };
    await expect(startResources(resources)).rejects.toThrow(
      /does not know the type of these resources.*\n {2}Stream: AWS::Kinesis::Stream\n {2}Thing: Custom::Thing$/,
    );
  });

  it('skips what has nothing to do locally, says so when verbose, and still gives it an ARN', async () => {
    const { runtime, lines } = await start(
      {
        handlers: { fn: 'export const handler = async () => process.env;' },
        resources: {
          Role: { Type: 'AWS::IAM::Role', Properties: { Condition: { 'Fn::Unheard': [] } } },
          Board: { Type: 'AWS::CloudWatch::Dashboard' },
          Provider: functionResource('nowhere', { Runtime: 'python3.13' }),
          Custom: {
            Type: 'Custom::S3AutoDeleteObjects',
            Properties: { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] } },
          },
          Fn: functionResource('fn', {
            Layers: ['arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:31'],
            Environment: {
              Variables: { ROLE: { 'Fn::GetAtt': ['Role', 'Arn'] }, STACK: { Ref: 'AWS::StackName' } },
            },
          }),
        },
      },
      { verbose: true },
    );
    for (const skipped of [
      'Role (AWS::IAM::Role)',
      'Board (AWS::CloudWatch::Dashboard)',
      'Provider (AWS::Lambda::Function)',
    ]) {
      expect(lines.join('\n')).toContain(`task-mode | skipped ${skipped}`);
    }
    expect(await runtime.invoke(runtime.ref('Fn') ?? '', {})).toMatchObject({
      payload: { ROLE: 'arn:aws:iam::000000000000:role/Test-Role', STACK: 'Test' },
    });
  });

  it.each<[string, Resources, string]>([
    [
      'another runtime than Node',
      { Fn: functionResource('fn', { Runtime: 'python3.13' }) },
      'Fn.Runtime is "python3.13": want a Node runtime',
    ],
    [
      'a layer that code may need',
      { Fn: functionResource('fn', { Layers: ['arn:aws:lambda:us-east-1:1:layer:sharp:1'] }) },
      'want none but Lambda Insights',
    ],
    ['code that is not there', { Fn: functionResource('gone') }, 'Fn.Code.S3Key is gone.zip'],
    [
      'a call that it cannot make',
      {
        Table: table(),
        Call: { Type: 'Custom::AWS', Properties: { Create: '{"service":"SSM","action":"GetParameter"}' } },
      },
      'Call.Create calls SSM GetParameter',
    ],
    [
      'a call that fails',
      {
        Call: {
          Type: 'Custom::AWS',
          Properties: {
            Create:
              '{"service":"DynamoDB","action":"GetItem","parameters":{"TableName":"nowhere","Key":{"a":{"S":"b"}}}}',
          },
        },
      },
      'Call.Create: DynamoDB GetItem failed with ResourceNotFoundException',
    ],
    [
      'a WebSocket API',
      { Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'WEBSOCKET' } } },
      'Api.ProtocolType is "WEBSOCKET": want "HTTP"',
    ],
  ])('refuses %s', async (_, resources, message) => {
    await expect(start({ resources, handlers: { fn: '' } })).rejects.toThrow(message);
  });

  it('leaves out resources whose condition is false', async () => {
    const { runtime } = await start({
      parameters: { Stage: { Type: 'String', Default: 'dev' } },
      conditions: { IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] } },
      resources: {
        Queue: { Type: 'AWS::SQS::Queue', Condition: 'IsProd' },
        Other: { Type: 'AWS::SQS::Queue' },
      },
    });
    expect(runtime.ref('Queue')).toBeUndefined();
    expect(runtime.ref('Other')).toBe(`${runtime.endpoints.sqs}/000000000000/Test-Other`);
  });

  it('refuses a taken port and a data directory in use', async () => {
    const dataDir = await temporaryFolder();
    const { runtime } = await startResources({}, { dataDir });
    const port = Number(new URL(runtime.url).port);
    await expect(startResources({}, { port })).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    await expect(startResources({}, { dataDir })).rejects.toThrow(
      `data directory ${dataDir} is in use by another Task Mode runtime (process ${process.pid})`,
    );
    await runtime.stop();
    await startResources({}, { dataDir });
  });

  it('runs the CDK app of a folder and tells what it printed when it fails', async () => {
    const appDir = await writeApp({ resources: { Queue: { Type: 'AWS::SQS::Queue' } } });
    const runtime = await startLocalRuntime({ appDir, port: 0, log: () => {} });
    runtimes.push(runtime);
    expect(runtime.ref('Queue')).toContain('/000000000000/Test-Queue');
    await runtime.stop();
    await writeFile(join(appDir, 'app.mjs'), `console.error('no such construct'); process.exit(1);`);
    await expect(startLocalRuntime({ appDir, port: 0 })).rejects.toThrow(
      /exited with code 1:\nno such construct/,
    );
  });

  it('needs a cdk.json', async () => {
    await expect(startLocalRuntime({ appDir: await temporaryFolder(), port: 0 })).rejects.toThrow(
      'there is no cdk.json',
    );
  });
});

it('uses other engines when it is given their endpoints', async () => {
  const engines = await startResources({});
  const { dynamodb, sqs } = engines.runtime.endpoints;
  const { runtime } = await startResources(
    { ...registry, Row: registryRow('echo', 'red'), Queue: { Type: 'AWS::SQS::Queue' } },
    { dynamodbEndpoint: dynamodb, sqsEndpoint: sqs },
  );
  expect(runtime.endpoints).toMatchObject({ dynamodb, sqs });
  expect(runtime.ref('Queue')).toBe(`${sqs}/000000000000/Test-Queue`);
  expect(await rowOf(runtime, 'echo')).toMatchObject({ color: 'red' });
});

it('survives a client of the table engine that dies in the middle of its request', async () => {
  const { runtime } = await startResources({ ...registry, Row: registryRow('echo', 'red') });
  const { hostname, port } = new URL(runtime.endpoints.dynamodb);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => {
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{', () => resolve());
  });
  socket.destroy();
  expect(await rowOf(runtime, 'echo')).toMatchObject({ color: 'red' });
});

describe('a second start on the same data', () => {
  it('updates custom resources, keeps the row, and deletes those that are gone', async () => {
    const dataDir = await temporaryFolder();
    const first = await startResources(
      { ...registry, Row: registryRow('echo', 'red'), Gone: registryRow('old', 'red') },
      { dataDir },
    );
    expect([...first.runtime.functionNames].sort()).toEqual(['echo', 'old']);
    expect(await rowOf(first.runtime, 'echo')).toEqual({
      functionName: 'echo',
      color: 'red',
      created: 'red',
    });
    await first.runtime.stop();

    const second = await startResources({ ...registry, Row: registryRow('echo', 'blue') }, { dataDir });
    expect(await rowOf(second.runtime, 'echo')).toEqual({
      functionName: 'echo',
      color: 'blue',
      created: 'red',
      updated: 'blue',
    });
    expect(await rowOf(second.runtime, 'old')).toMatchObject({ color: 'red', deleted: true });
    await second.runtime.stop();

    const third = await startResources(
      { ...registry, Row: registryRow('echo', 'green') },
      { dataDir, fresh: true },
    );
    expect(await rowOf(third.runtime, 'echo')).toEqual({
      functionName: 'echo',
      color: 'green',
      created: 'green',
    });
    expect(await rowOf(third.runtime, 'old')).toEqual({});
  });

  it('refuses a table whose primary key changed, and suggests --fresh', async () => {
    const dataDir = await temporaryFolder();
    const { runtime } = await startResources({ Table: table() }, { dataDir });
    await runtime.stop();
    const changed = table({
      AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
    });
    await expect(startResources({ Table: changed }, { dataDir })).rejects.toThrow(
      /table Test-Table \(Table\).*primary key.*--fresh/,
    );
    await startResources({ Table: changed }, { dataDir, fresh: true });
    await runtimes.at(-1)?.stop();
    await startResources({ Table: changed }, { dataDir });
  });

  it('changes the attributes of a queue that exists', async () => {
    const dataDir = await temporaryFolder();
    const queue = (properties: object) => ({
      Dead: { Type: 'AWS::SQS::Queue' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: properties },
    });
    const RedrivePolicy = { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 };
    const attributesOf = async (properties: object) => {
      const { runtime } = await startResources(queue(properties), { dataDir });
      const client = new SQSClient({
        region: 'us-east-1',
        endpoint: runtime.endpoints.sqs,
        credentials: CREDENTIALS,
      });
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: runtime.ref('Queue') ?? '', AttributeNames: ['All'] }),
      );
      client.destroy();
      await runtime.stop();
      return Attributes ?? {};
    };
    expect(await attributesOf({ VisibilityTimeout: 90, RedrivePolicy })).toMatchObject({
      VisibilityTimeout: '90',
      RedrivePolicy:
        '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:Test-Dead","maxReceiveCount":3}',
    });
    const changed = await attributesOf({ VisibilityTimeout: 60, DelaySeconds: 5 });
    expect(changed).toMatchObject({ VisibilityTimeout: '60', DelaySeconds: '5' });
    expect(changed.RedrivePolicy ?? '').toBe('');
  });
});
