import {
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingRequest,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, mappingResource, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Says what it got. */
const SAYING = `export const handler = async ({ Records }) => {
  for (const { body } of Records) console.log('got ' + body);
};`;

/** A queue, a function and the mapping between them; what the function said is in `lines`. */
async function start(mapping: object = {}, dataDir?: string) {
  const lines: string[] = [];
  const resources = {
    Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 60 } },
    Fn: functionResource('fn'),
    Mapping: mappingResource('Queue', 'Fn', mapping),
  };
  const folder = dataDir ?? (await temporaryFolder());
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly({ resources, handlers: { fn: SAYING } }),
    dataDir: folder,
    port: 0,
    log: (line) => lines.push(line),
  });
  const options = { region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };
  const lambda = new LambdaClient({ ...options, endpoint: runtime.endpoints.lambda });
  const sqs = new SQSClient({ ...options, endpoint: runtime.endpoints.sqs });
  const stop = () => runtime.stop();
  ends.push(
    stop,
    () => lambda.destroy(),
    () => sqs.destroy(),
  );
  const UUID = runtime.ref('Mapping');
  return {
    dataDir: folder,
    stop,
    get: (id = UUID) => lambda.send(new GetEventSourceMappingCommand({ UUID: id })),
    update: (change: Omit<UpdateEventSourceMappingRequest, 'UUID'>) =>
      lambda.send(new UpdateEventSourceMappingCommand({ UUID, ...change })),
    send: (body: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: runtime.ref('Queue'), MessageBody: body })),
    /** How many messages the queue holds. */
    waiting: async () => {
      const command = new GetQueueAttributesCommand({
        QueueUrl: runtime.ref('Queue'),
        AttributeNames: ['ApproximateNumberOfMessages'],
      });
      return (await sqs.send(command)).Attributes?.ApproximateNumberOfMessages;
    },
    got: () => lines.filter((line) => line.includes('got ')).map((line) => line.split('got ')[1]),
  };
}

const FIVE = { ScalingConfig: { MaximumConcurrency: 5 } };

describe("Lambda's own API", () => {
  test('tells what a mapping is', async () => {
    const { get } = await start(FIVE);
    expect(await get()).toMatchObject({
      UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:Test-Queue',
      FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Test-Fn',
      State: 'Enabled',
      ...FIVE,
    });
  });

  test('changes what is given, and nothing else', async () => {
    const { get, update } = await start(FIVE);
    await update({ Enabled: false });
    expect(await get()).toMatchObject({ State: 'Disabled', ...FIVE });
    await update({ ScalingConfig: { MaximumConcurrency: 2 } });
    expect(await get()).toMatchObject({ State: 'Disabled', ScalingConfig: { MaximumConcurrency: 2 } });
    await update({ Enabled: true });
    expect(await get()).toMatchObject({ State: 'Enabled', ScalingConfig: { MaximumConcurrency: 2 } });
  });

  test.each([
    [{ ScalingConfig: { MaximumConcurrency: 1 } }, 'a whole number from 2 to 1000'],
    [{ ScalingConfig: { MaximumConcurrency: 1001 } }, 'a whole number from 2 to 1000'],
    [{ BatchSize: 5 }, 'BatchSize is not changed here'],
  ])('refuses %j, and changes nothing', async (change, wanted) => {
    const { get, update } = await start(FIVE);
    await expect(update(change)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining(wanted),
    });
    expect(await get()).toMatchObject({ State: 'Enabled', ...FIVE });
  });

  test('refuses a maximum beside provisioned pollers, and can disable them', async () => {
    const { get, update } = await start({ ProvisionedPollerConfig: { MaximumPollers: 2 } });
    await expect(update(FIVE)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    await update({ Enabled: false });
    expect(await get()).toMatchObject({ State: 'Disabled' });
  });

  test('knows no other mapping', async () => {
    const { get } = await start();
    await expect(get('other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

test('messages of a mapping that is disabled wait, until it is enabled', async () => {
  const { update, send, got, waiting } = await start(FIVE);
  await send('first');
  await vi.waitFor(() => expect(got()).toEqual(['first']), { timeout: 5000 });
  await update({ Enabled: false });
  await send('second');
  await send('third');
  await vi.waitFor(async () => expect(await waiting()).toBe('2'));
  expect(got()).toEqual(['first']);
  await update({ Enabled: true });
  await vi.waitFor(() => expect(got().toSorted()).toEqual(['first', 'second', 'third']), { timeout: 5000 });
});

describe('a restart', () => {
  const TWO = { ScalingConfig: { MaximumConcurrency: 2 } };

  test('keeps what was changed', async () => {
    const before = await start(FIVE);
    await before.update({ Enabled: false, ...TWO });
    await before.send('waits');
    await before.stop();
    const { get, got, update } = await start(FIVE, before.dataDir);
    expect(await get()).toMatchObject({ State: 'Disabled', ...TWO });
    expect(got()).toEqual([]);
    await update({ Enabled: true });
    await vi.waitFor(() => expect(got()).toEqual(['waits']), { timeout: 5000 });
  });

  test('with another template sets what that says, as a deployment does', async () => {
    const before = await start(FIVE);
    await before.update({ Enabled: false, ...TWO });
    await before.stop();
    const six = { ScalingConfig: { MaximumConcurrency: 6 } };
    const { get, stop } = await start(six, before.dataDir);
    expect(await get()).toMatchObject({ State: 'Enabled', ...six });
    await stop();
    const again = await start(six, before.dataDir);
    expect(await again.get()).toMatchObject({ State: 'Enabled', ...six });
  });
});
