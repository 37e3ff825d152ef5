import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  DefinitionBody,
  Fail,
  IntegrationPattern,
  JsonPath,
  Map as MapState,
  StateMachine,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { afterEach, describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function start(options: { assemblyDir: string; dataDir?: string }) {
  const lines: string[] = [];
  const runtime = await startLocalRuntime({
    port: 0,
    dataDir: await temporaryFolder(),
    log: (line) => lines.push(line),
    ...options,
  });
  cleanups.push(() => runtime.stop());
  return { runtime, lines, ...client(runtime) };
}

function client(runtime: LocalRuntime) {
  const sfn = new SFNClient({
    region: runtime.region,
    credentials: CREDENTIALS,
    endpoint: runtime.endpoints.sfn,
  });
  cleanups.push(() => sfn.destroy());
  const describeExecution = (executionArn: string) =>
    sfn.send(new DescribeExecutionCommand({ executionArn }));
  return {
    sfn,
    describeExecution,
    run: async (stateMachineArn: string | undefined, input: unknown) => {
      const { executionArn = '' } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
      );
      return executionArn;
    },
    ended: async (executionArn: string) => {
      await expect
        .poll(async () => (await describeExecution(executionArn)).status, { timeout: 20_000 })
        .not.toBe('RUNNING');
      return describeExecution(executionArn);
    },
  };
}

const machineResource = (definition: unknown, properties: object = {}) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    RoleArn: 'arn:aws:iam::000000000000:role/workflow',
    DefinitionString: typeof definition === 'string' ? definition : JSON.stringify(definition),
    ...properties,
  },
});

const PASS = { StartAt: 'Only', States: { Only: { Type: 'Pass', End: true } } };

describe('a state machine of a template', () => {
  it('is deployed with its definition, whose substitutions are filled in, and is found by what others know of it', async () => {
    const definition = {
      StartAt: 'Call',
      States: { Call: { Type: 'Task', Resource: `\${Work}`, End: true } },
    };
    const resources: Resources = {
      Machine: machineResource(definition, {
        StateMachineName: 'work',
        DefinitionSubstitutions: { Work: { 'Fn::GetAtt': ['Work', 'Arn'] } },
      }),
      Work: functionResource('work'),
      Names: functionResource('names', {
        Environment: {
          Variables: {
            REF: { Ref: 'Machine' },
            ARN: { 'Fn::GetAtt': ['Machine', 'Arn'] },
            NAME: { 'Fn::GetAtt': ['Machine', 'Name'] },
          },
        },
      }),
    };
    const { runtime, run, ended, sfn } = await start({
      assemblyDir: await writeAssembly({
        resources,
        handlers: {
          work: 'export const handler = async (event) => ({ got: event });',
          names: 'export const handler = async () => [process.env.REF, process.env.ARN, process.env.NAME];',
        },
      }),
    });
    const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:work';
    expect(runtime.ref('Machine')).toBe(arn);
    expect(await runtime.invoke('Test-Names', {})).toEqual({ payload: [arn, arn, 'work'] });
    expect(await ended(await run(arn, { a: 1 }))).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"got":{"a":1}}',
    });
    const { definition: told = '' } = await sfn.send(
      new DescribeStateMachineCommand({ stateMachineArn: arn }),
    );
    expect(JSON.parse(told).States.Call.Resource).toBe(
      'arn:aws:lambda:us-east-1:000000000000:function:Test-Work',
    );
  });

  it('is called by functions at the endpoint that their SDK looks for', async () => {
    const call = `
      export const handler = async ({ target, input }) => {
        const response = await fetch(process.env.AWS_ENDPOINT_URL_SFN, {
          method: 'POST',
          headers: { 'x-amz-target': 'AWSStepFunctions.' + target, 'content-type': 'application/x-amz-json-1.0' },
          body: JSON.stringify(input),
        });
        return response.json();
      };`;
    const { runtime, ended } = await start({
      assemblyDir: await writeAssembly({
        resources: { Machine: machineResource(PASS), Call: functionResource('call') },
        handlers: { call },
      }),
    });
    const input = { stateMachineArn: runtime.ref('Machine'), name: 'one' };
    const started = await runtime.invoke('Test-Call', { target: 'StartExecution', input });
    const { executionArn } = (started as { payload: { executionArn: string } }).payload;
    expect((await ended(executionArn)).status).toBe('SUCCEEDED');
  });

  it('tells rules of the template how executions end, also of one that the end of a runtime cut off', async () => {
    const definition = { StartAt: 'Only', States: { Only: { Type: 'Wait', Seconds: 600, End: true } } };
    const assemblyDir = await writeAssembly({
      resources: {
        Machine: machineResource(definition),
        Hear: functionResource('hear'),
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: {
            EventPattern: {
              source: ['aws.states'],
              'detail-type': ['Step Functions Execution Status Change'],
              detail: { status: ['ABORTED', 'TIMED_OUT', 'FAILED'], stateMachineArn: [{ Ref: 'Machine' }] },
            },
            State: 'ENABLED',
            Targets: [{ Arn: { 'Fn::GetAtt': ['Hear', 'Arn'] }, Id: 'Target0' }],
          },
        },
      },
      handlers: { hear: 'export const handler = ({ detail }) => console.log(JSON.stringify(detail));' },
    });
    const heard = ({ lines }: { lines: readonly string[] }) =>
      lines
        .filter((line) => line.startsWith('Hear | '))
        .map((line) => JSON.parse(line.slice('Hear | '.length)))
        .map(({ executionArn, status, error }) => ({ executionArn, status, error }));
    const dataDir = await temporaryFolder();
    const first = await start({ assemblyDir, dataDir });
    const stopped = await first.run(first.runtime.ref('Machine'), {});
    const cutOff = await first.run(first.runtime.ref('Machine'), {});
    await first.sfn.send(new StopExecutionCommand({ executionArn: stopped, error: 'Enough' }));
    await expect
      .poll(() => heard(first), { timeout: 10_000 })
      .toEqual([{ executionArn: stopped, status: 'ABORTED', error: 'Enough' }]);
    await first.runtime.stop();

    const second = await start({ assemblyDir, dataDir });
    const error = 'LocalRuntime.Restarted';
    expect(await second.describeExecution(cutOff)).toMatchObject({ status: 'ABORTED', error });
    await expect
      .poll(() => heard(second), { timeout: 10_000 })
      .toEqual([{ executionArn: cutOff, status: 'ABORTED', error }]);
  }, 30_000);

  it.each<[string, object, string]>([
    [
      'a field that is not run',
      machineResource({ ...PASS, States: { Only: { Type: 'Pass', End: true, Assign: {} } } }),
      'Machine: state "Only" has the field Assign, which the local runtime does not run',
    ],
    ['a definition that is no JSON', machineResource('{'), 'Machine.DefinitionString is not JSON'],
    [
      'a definition in S3',
      machineResource(PASS, { DefinitionS3Location: { Bucket: 'b', Key: 'k' } }),
      'Machine.DefinitionS3Location is',
    ],
    [
      'an unknown type',
      machineResource(PASS, { StateMachineType: 'FAST' }),
      'Machine.StateMachineType is "FAST": want "STANDARD" or "EXPRESS"',
    ],
  ])('stops the start with %s', async (_, machine, message) => {
    const assemblyDir = await writeAssembly({ resources: { Machine: machine } as Resources });
    await expect(start({ assemblyDir })).rejects.toThrow(message);
  });
});

/** A worker of a queue that answers each token; a first answer of an even number is a failure. */
const WORKER = `
  const failed = new Set();
  const call = async (target, input) => {
    const response = await fetch(process.env.AWS_ENDPOINT_URL_SFN, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSStepFunctions.' + target, 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  export const handler = async ({ Records }) => {
    for (const { body } of Records) {
      const { token, number } = JSON.parse(body);
      if (number < 0) {
        await call('SendTaskFailure', { taskToken: token, error: 'Negative', cause: 'no root' });
      } else if (number % 2 === 0 && !failed.has(number)) {
        failed.add(number);
        await call('SendTaskFailure', { taskToken: token, error: 'Flaky' });
      } else {
        await call('SendTaskSuccess', { taskToken: token, output: String(number) });
      }
    }
    return { batchItemFailures: [] };
  };`;

/** An app with a Map of callbacks through a queue, as CDK's own constructs make it. */
async function cdkApp(): Promise<string> {
  const folder = await temporaryFolder();
  const code = async (name: string, source: string) => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'index.mjs'), source);
    return Code.fromAsset(join(folder, name));
  };
  const app = new App({ outdir: join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Workflows', { env: { account: '000000000000', region: 'us-east-1' } });
  const lambda = async (id: string, source: string) =>
    new LambdaFunction(stack, id, {
      code: await code(id, source),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(10),
    });
  const queue = new Queue(stack, 'Queue');
  (await lambda('Worker', WORKER)).addEventSourceMapping('Source', {
    eventSourceArn: queue.queueArn,
    batchSize: 1,
  });
  const tenfold = await lambda('Tenfold', 'export const handler = async (number) => number * 10;');

  const callback = new SqsSendMessage(stack, 'Callback', {
    queue,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    messageBody: TaskInput.fromObject({ token: JsonPath.taskToken, number: JsonPath.numberAt('$.number') }),
    taskTimeout: Timeout.duration(Duration.seconds(30)),
    heartbeatTimeout: Timeout.duration(Duration.seconds(20)),
  })
    .addRetry({ errors: ['Flaky'], interval: Duration.seconds(1), maxAttempts: 2 })
    .addCatch(new Fail(stack, 'Negative', { errorPath: '$.Error', causePath: '$.Cause' }), {
      errors: ['States.ALL'],
    });
  const multiply = new LambdaInvoke(stack, 'Multiply', {
    lambdaFunction: tenfold,
    payloadResponseOnly: true,
  });
  const perNumber = new MapState(stack, 'PerNumber', {
    itemsPath: '$.numbers',
    itemSelector: { number: JsonPath.numberAt('$$.Map.Item.Value') },
    maxConcurrency: 2,
  });
  perNumber.itemProcessor(callback.next(multiply));
  new StateMachine(stack, 'Machine', {
    stateMachineName: 'numbers',
    definitionBody: DefinitionBody.fromChainable(perNumber),
    tracingEnabled: true,
  });
  app.synth();
  return join(folder, 'cdk.out');
}

it('a workflow of a CDK app runs as it was synthesized: a Map of callbacks through a queue, with Retry and Catch', async () => {
  const { run, ended } = await start({ assemblyDir: await cdkApp() });
  const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:numbers';
  const good = await ended(await run(arn, { numbers: [1, 2, 3, 4] }));
  expect(good).toMatchObject({ status: 'SUCCEEDED', output: '[10,20,30,40]' });
  const bad = await ended(await run(arn, { numbers: [5, -1] }));
  expect(bad).toMatchObject({ status: 'FAILED', error: 'Negative', cause: 'no root' });
}, 60_000);
