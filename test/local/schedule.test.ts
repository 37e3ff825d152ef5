import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const schedule = (ScheduleExpression: string, target: object = {}, properties: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    ScheduleExpression,
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: arnOf('Queue'), RoleArn: 'arn:role', Input: '{}', ...target },
    ...properties,
  },
});

const Input =
  '{"at":"<aws.scheduler.scheduled-time>","of":"<aws.scheduler.schedule-arn>","n":"<aws.scheduler.attempt-number>","id":"<aws.scheduler.execution-id>","other":"<aws.scheduler.other>"}';

const runtimes: LocalRuntime[] = [];
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.stop())));

const lines: string[] = [];

async function start(resources: Resources, dataDir?: string) {
  const handlers = { fn: 'export const handler = async (event) => console.log(JSON.stringify(event));' };
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly({
      resources: { Fn: functionResource('fn'), Queue: { Type: 'AWS::SQS::Queue' }, ...resources },
      handlers,
    }),
    port: 0,
    dataDir: dataDir ?? (await temporaryFolder()),
    log: (line) => lines.push(line),
  });
  runtimes.push(runtime);
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: runtime.endpoints.sqs,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const receive = async (queue = 'Queue', WaitTimeSeconds = 5) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: runtime.ref(queue),
      WaitTimeSeconds,
      MessageAttributeNames: ['All'],
    });
    return (await sqs.send(command)).Messages?.[0];
  };
  return { runtime, receive };
}

/** As `at(…)` has it, to the second. */
const inSeconds = (seconds: number) =>
  new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toISOString().slice(0, 19);

describe('a schedule', () => {
  test('tells its queue and its function at its times, with what they ask of it put in', async () => {
    const at = inSeconds(2);
    const { receive } = await start({
      Soon: schedule(`at(${at})`, { Input }),
      SoonToo: schedule(`at(${at})`, {
        Arn: arnOf('Fn'),
        Input: '{"soon":"<aws.scheduler.scheduled-time>"}',
      }),
      Disabled: schedule(`at(${at})`, { Arn: arnOf('Fn'), Input: '{"never":1}' }, { State: 'DISABLED' }),
      Over: schedule('at(2020-01-01T00:00:00)', { Arn: arnOf('Fn'), Input: '{"never":2}' }),
    });
    const { Body = '' } = (await receive()) ?? {};
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(`${at}Z`));
    expect(JSON.parse(Body)).toEqual({
      at: `${at}Z`,
      of: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/Test-Soon',
      n: '1',
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      other: '<aws.scheduler.other>',
    });
    await expect.poll(() => lines, { timeout: 10_000 }).toContain(`Fn | {"soon":"${at}Z"}`);
    expect(lines.join()).not.toContain('never');
  });

  test('of a rate comes when it is new, and not again because the runtime restarts', async () => {
    const dataDir = await temporaryFolder();
    const toFunction = (expression: string, text: string) =>
      schedule(expression, { Arn: arnOf('Fn'), Input: JSON.stringify(text) });
    const told = (text: string) => lines.filter((line) => line === `Fn | "${text}"`);
    const Hourly = toFunction('rate(1 hour)', 'hourly');
    const { runtime } = await start({ Hourly }, dataDir);
    await expect.poll(() => told('hourly'), { timeout: 10_000 }).toHaveLength(1);
    await runtime.stop();
    await start({ Hourly, Later: toFunction(`at(${inSeconds(1)})`, 'later') }, dataDir);
    await expect.poll(() => told('later'), { timeout: 10_000 }).toHaveLength(1);
    expect(told('hourly')).toHaveLength(1);
  });

  test('whose queue is gone leaves a dead letter that says why', async () => {
    const { receive } = await start({
      Hourly: schedule('rate(1 hour)', {
        Arn: 'arn:aws:sqs:us-east-1:000000000000:gone',
        DeadLetterConfig: { Arn: arnOf('Queue') },
      }),
    });
    const { Body, MessageAttributes } = (await receive()) ?? {};
    expect(Body).toBe('{}');
    expect(MessageAttributes).toMatchObject({
      SCHEDULE_ARN: { StringValue: expect.stringContaining('schedule/default/Test-Hourly') },
      TARGET_ARN: { StringValue: 'arn:aws:sqs:us-east-1:000000000000:gone' },
      ERROR_CODE: { StringValue: expect.stringMatching(/QueueDoesNotExist|NonExistentQueue/) },
    });
  });

  test.each<[string, object, string]>([
    [
      'a flexible window',
      schedule('rate(1 hour)', {}, { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }),
      'Bad.FlexibleTimeWindow is',
    ],
    [
      'a cron that cannot be read',
      schedule('cron(0 10 * * ?)'),
      'Bad.ScheduleExpression is "cron(0 10 * * ?)": want a cron expression with six fields',
    ],
    [
      'a time zone that is none',
      schedule('rate(1 hour)', {}, { ScheduleExpressionTimezone: 'Mars/Base' }),
      'Bad.ScheduleExpressionTimezone is "Mars/Base"',
    ],
    [
      'a target that is neither',
      schedule('rate(1 hour)', { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' }),
      'Bad.Target is',
    ],
    ['a target of more', schedule('rate(1 hour)', { EcsParameters: {} }), 'Bad.Target is'],
    ['no input', schedule('rate(1 hour)', { Input: undefined }), 'Bad.Target.Input is undefined'],
    [
      'a start that is no date',
      schedule('rate(1 hour)', {}, { StartDate: 'soon' }),
      'Bad.StartDate is "soon"',
    ],
  ])('with %s is refused', async (_, Bad, message) => {
    await expect(start({ Bad } as Resources)).rejects.toThrow(message);
  });
});
