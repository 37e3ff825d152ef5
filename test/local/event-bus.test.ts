import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const rule = (EventPattern: object, target: object, properties: object = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: { EventPattern, State: 'ENABLED', Targets: [{ Id: 'Target0', ...target }], ...properties },
});

const RESOURCES: Resources = {
  Fn: functionResource('fn'),
  Queue: { Type: 'AWS::SQS::Queue' },
  Shaped: { Type: 'AWS::SQS::Queue' },
  Fifo: {
    Type: 'AWS::SQS::Queue',
    Properties: { FifoQueue: true, QueueName: 'events.fifo', ContentBasedDeduplication: true },
  },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'ends' } },
  Policy: { Type: 'AWS::Events::EventBusPolicy' },
  ToQueue: rule({ source: ['test'] }, { Arn: arnOf('Queue') }, { EventBusName: { Ref: 'Bus' } }),
  ToFunction: rule(
    { source: ['test'], detail: { status: ['Failed'] } },
    { Arn: arnOf('Fn') },
    { EventBusName: arnOf('Bus') },
  ),
  Transformed: rule(
    { source: ['shaped'] },
    {
      Arn: arnOf('Shaped'),
      InputTransformer: {
        InputPathsMap: { id: '$.id', n: '$.detail.n' },
        InputTemplate: '{"event":<id>,"n":<n>,"rule":<aws.events.rule-name>}',
      },
    },
  ),
  ToFunctionInPart: rule({ source: ['shaped'] }, { Arn: arnOf('Fn'), InputPath: '$.detail' }),
  ToGone: rule(
    { source: ['gone'] },
    { Arn: 'arn:aws:sqs:us-east-1:000000000000:gone', DeadLetterConfig: { Arn: arnOf('Shaped') } },
  ),
  ToFifo: rule({ source: ['fifo'] }, { Arn: arnOf('Fifo'), SqsParameters: { MessageGroupId: 'g' } }),
  Disabled: rule(
    { source: ['test'] },
    { Arn: arnOf('Fn') },
    { EventBusName: { Ref: 'Bus' }, State: 'DISABLED' },
  ),
};

const lines: string[] = [];
const started: LocalRuntime[] = [];
afterAll(() => Promise.all(started.map((runtime) => runtime.stop())));

async function start(resources: Resources): Promise<LocalRuntime> {
  const handlers = { fn: 'export const handler = async (event) => console.log(JSON.stringify(event));' };
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly({ resources, handlers }),
    port: 0,
    dataDir: await temporaryFolder(),
    log: (line) => lines.push(line),
  });
  started.push(runtime);
  return runtime;
}

const runtime = await start(RESOURCES);
const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const events = new EventBridgeClient({ ...common, endpoint: runtime.endpoints.eventBridge });
const sqs = new SQSClient({ ...common, endpoint: runtime.endpoints.sqs });
afterAll(() => {
  events.destroy();
  sqs.destroy();
});

const put = (...entries: object[]) =>
  events.send(
    new PutEventsCommand({
      Entries: entries.map((entry) => ({ Source: 'test', DetailType: 'Done', Detail: '{}', ...entry })),
    }),
  );

async function received(queue: string): Promise<unknown[]> {
  const QueueUrl = runtime.ref(queue);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body = '' }) => JSON.parse(Body));
}

describe('an event', () => {
  test('goes to the targets of the rules of its bus that match it, in the shape of EventBridge', async () => {
    const answer = await put({
      EventBusName: 'ends',
      Detail: '{"status":"Failed"}',
      Resources: ['arn:r'],
      Time: new Date('2026-11-24T00:00:00.700Z'),
    });
    const id = answer.Entries?.[0]?.EventId;
    expect(answer.FailedEntryCount).toBe(0);
    const event = {
      version: '0',
      id,
      'detail-type': 'Done',
      source: 'test',
      account: '000000000000',
      time: '2026-11-24T00:00:00Z',
      region: 'us-east-1',
      resources: ['arn:r'],
      detail: { status: 'Failed' },
    };
    expect(await received('Queue')).toEqual([event]);
    const told = () =>
      lines.filter((line) => line.startsWith('Fn | ')).map((line) => JSON.parse(line.slice(5)));
    await expect.poll(told).toEqual([event]);
  });

  test('goes to no rule that does not match, and to none of another bus', async () => {
    await put({ EventBusName: runtime.ref('Bus'), Source: 'other' }, { Detail: '{"status":"Failed"}' });
    expect(await received('Queue')).toEqual([]);
    expect(lines.filter((line) => line.startsWith('Fn | '))).toHaveLength(1);
  });

  test("of the account's own bus needs no name, and a FIFO queue gets its group", async () => {
    await put({ Source: 'fifo' });
    expect(await received('Fifo')).toMatchObject([{ source: 'fifo' }]);
  });

  test.each([
    ['of AWS', { Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
    ['without JSON', { Detail: 'no' }, 'MalformedDetail'],
    ['whose detail is no object', { Detail: '[]' }, 'MalformedDetail'],
    ['for a bus that is not there', { EventBusName: 'gone' }, 'ResourceNotFoundException'],
  ])('is refused beside others that are not: %s', async (_, entry, code) => {
    const { FailedEntryCount, Entries } = await put({ EventBusName: 'ends' }, entry);
    expect(FailedEntryCount).toBe(1);
    expect(Entries).toMatchObject([{ EventId: expect.any(String) }, { ErrorCode: code }]);
    await received('Queue');
  });

  test('comes with at most nine others', async () => {
    await expect(put(...Array.from({ length: 11 }, () => ({})))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('a target', () => {
  test('gets what its rule makes of the event', async () => {
    const { Entries = [] } = await put({ Source: 'shaped', Detail: '{"n":[1,2],"shape":"part"}' });
    expect(await received('Shaped')).toEqual([
      { event: Entries[0]?.EventId, n: [1, 2], rule: 'Test-Transformed' },
    ]);
    await expect.poll(() => lines, { timeout: 10_000 }).toContain('Fn | {"n":[1,2],"shape":"part"}');
  });

  test('that is gone leaves its event in the dead-letter queue of the rule', async () => {
    await put({ Source: 'gone' });
    expect(await received('Shaped')).toMatchObject([{ source: 'gone' }]);
  });
});

describe('a rule', () => {
  test('has the ARN of its bus', async () => {
    expect(runtime.ref('Bus')).toBe('ends');
    expect(runtime.ref('ToQueue')).toBe('ends|Test-ToQueue');
  });

  test.each([
    [
      'a pattern that cannot be matched',
      rule({ source: [{ cidr: '10.0.0.0/8' }] }, { Arn: arnOf('Fn') }),
      'EventPattern is',
    ],
    [
      'a bus that is not there',
      rule({ source: ['x'] }, { Arn: arnOf('Fn') }, { EventBusName: 'gone' }),
      'EventBusName is "gone"',
    ],
    [
      'a target that is neither',
      rule({ source: ['x'] }, { Arn: 'arn:aws:sns:us-east-1:0:t' }),
      'want queues, and functions',
    ],
    [
      'an input that cannot be made',
      rule({ source: ['x'] }, { Arn: arnOf('Fn'), InputPath: '$.detail[*]' }),
      'Rule.Targets is',
    ],
    [
      'a target of more than is known',
      rule({ source: ['x'] }, { Arn: arnOf('Fn'), EcsParameters: {} }),
      'want targets of Arn, Id',
    ],
    [
      'dead letters for a function',
      rule({ source: ['x'] }, { Arn: arnOf('Fn'), DeadLetterConfig: { Arn: arnOf('Fn') } }),
      'want a queue for dead letters',
    ],
  ])('with %s is refused', async (_, Rule, message) => {
    await expect(start({ Fn: functionResource('fn'), Rule })).rejects.toThrow(message);
  });
});
