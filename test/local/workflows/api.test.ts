import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  functionTask,
  namedError,
  oneState,
  ROLE,
  startWorkflows,
  tokenTask,
} from '../fixtures/workflows.ts';

const PASS = oneState({ Type: 'Pass' });
const WAIT = oneState({ Type: 'Wait', Seconds: 600 });
const MACHINE = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:machine`;

describe('StartExecution', () => {
  it('makes a name when none is given, and takes {} for an absent input', async () => {
    const { sfn, deploy, ended } = await startWorkflows();
    const { executionArn = '', startDate } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: await deploy(PASS) }),
    );
    const execution = await ended(executionArn);
    expect(execution.name).toMatch(/^[0-9a-f-]{36}$/);
    expect(executionArn).toBe(`arn:aws:states:us-east-1:${ACCOUNT}:execution:machine:${execution.name}`);
    expect(execution).toMatchObject({
      stateMachineArn: MACHINE,
      status: 'SUCCEEDED',
      input: '{}',
      output: '{}',
      startDate,
    });
    expect(execution.stopDate?.getTime()).toBeGreaterThanOrEqual(startDate?.getTime() ?? 0);
  });

  it('answers the running execution of the same name and input, and runs it once', async () => {
    const { deploy, start, events } = await startWorkflows();
    const machine = await deploy(WAIT);
    const arns = await Promise.all([start(machine, { a: 1 }, 'one'), start(machine, { a: 1 }, 'one')]);
    expect(new Set(arns).size).toBe(1);
    expect(events.filter(({ detail }) => detail.status === 'RUNNING')).toHaveLength(1);
  });

  it('refuses a name that is taken by another input, or by an execution that has ended', async () => {
    const { deploy, start, ended } = await startWorkflows();
    const wait = await deploy(WAIT);
    await start(wait, { a: 1 }, 'one');
    const taken = {
      name: 'ExecutionAlreadyExists',
      message: `Execution Already Exists: '${wait.replace('stateMachine', 'execution')}:one'`,
    };
    await expect(start(wait, { a: 2 }, 'one')).rejects.toMatchObject(taken);
    const pass = await deploy(PASS, { name: 'other' });
    await ended(await start(pass, {}, 'one'));
    await expect(start(pass, {}, 'one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each([
    ['name', { name: 'a b' }, 'InvalidName', "Invalid Name: 'a b'"],
    ['name', { name: 'x'.repeat(81) }, 'InvalidName', 'Invalid Name'],
    ['name', { name: '' }, 'InvalidName', 'Invalid Name'],
    ['input', { input: 'nope' }, 'InvalidExecutionInput', "Invalid State Machine Execution Input: '"],
    ['input', { input: '' }, 'InvalidExecutionInput', "Invalid State Machine Execution Input: '"],
    [
      'input',
      { input: `"${'x'.repeat(262_144)}"` },
      'ValidationException',
      'input has more than 262144 bytes',
    ],
    [
      'machine',
      { stateMachineArn: `${MACHINE}s` },
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${MACHINE}s'`,
    ],
  ])('refuses a wrong %s: %j', async (_, fields, name, message) => {
    const { sfn, deploy, events } = await startWorkflows();
    const stateMachineArn = await deploy(PASS);
    await expect(sfn.send(new StartExecutionCommand({ stateMachineArn, ...fields }))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
    expect(events).toEqual([]);
  });
});

describe('DescribeExecution', () => {
  it('tells how an execution failed', async () => {
    const bad = () => {
      throw namedError('BadError');
    };
    const { deploy, start, ended, lines } = await startWorkflows({ bad });
    const arn = await start(await deploy(oneState(functionTask('bad'))), {}, 'one');
    const execution = await ended(arn);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'BadError', redriveCount: 0 });
    expect(execution.output).toBeUndefined();
    expect(lines).toEqual([`task-mode | execution one FAILED: BadError: ${execution.cause}`]);
  });

  it.each([
    [
      `arn:aws:states:us-east-1:${ACCOUNT}:execution:machine:none`,
      'ExecutionDoesNotExist',
      'Execution Does Not Exist: ',
    ],
    [MACHINE, 'InvalidArn', "Invalid Arn: 'Resource type not valid in this context: stateMachine'"],
    ['none', 'InvalidArn', "Invalid Arn: 'none'"],
  ])('refuses %s', async (executionArn, name, message) => {
    const { sfn } = await startWorkflows();
    await expect(sfn.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });
});

describe('StopExecution', () => {
  it('ends a running execution at once, and leaves one that has ended', async () => {
    const { sfn, deploy, start, ended } = await startWorkflows();
    const running = await start(await deploy(WAIT));
    const { stopDate } = await sfn.send(
      new StopExecutionCommand({ executionArn: running, error: 'E', cause: 'C' }),
    );
    expect(await ended(running)).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'C', stopDate });
    await sfn.send(new StopExecutionCommand({ executionArn: running, error: 'Later' }));
    expect(await ended(running)).toMatchObject({ status: 'ABORTED', error: 'E', stopDate });
    const done = await start(await deploy(PASS, { name: 'other' }));
    const { stopDate: doneDate } = await ended(done);
    expect(await sfn.send(new StopExecutionCommand({ executionArn: done }))).toMatchObject({
      stopDate: doneDate,
    });
    expect((await ended(done)).status).toBe('SUCCEEDED');
  });
});

describe('ListExecutions', () => {
  it('gives pages, the latest first, of one status or all', async () => {
    const { sfn, deploy, start, ended } = await startWorkflows();
    const [pass, wait] = [await deploy(PASS), await deploy(WAIT, { name: 'waits' })];
    for (const name of ['a', 'b', 'c']) {
      await ended(await start(pass, {}, name));
    }
    await start(wait, {}, 'd');
    const list = (fields: object) =>
      sfn.send(new ListExecutionsCommand({ stateMachineArn: pass, ...fields }));
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect([first, second].map(({ executions = [] }) => executions.map(({ name }) => name))).toEqual([
      ['c', 'b'],
      ['a'],
    ]);
    expect(second.nextToken).toBeUndefined();
    expect(first.executions?.[0]).toMatchObject({ status: 'SUCCEEDED', stateMachineArn: pass });
    expect((await list({ statusFilter: 'RUNNING' })).executions).toEqual([]);
    expect((await list({ stateMachineArn: wait, statusFilter: 'RUNNING' })).executions).toHaveLength(1);
    await expect(list({ nextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(list({ statusFilter: 'DONE' })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('GetExecutionHistory', () => {
  it('gives pages in either order, and leaves out data when asked to', async () => {
    const { sfn, deploy, start, ended } = await startWorkflows();
    const executionArn = await start(await deploy(PASS), { secret: 1 });
    await ended(executionArn);
    const get = (fields: object) => sfn.send(new GetExecutionHistoryCommand({ executionArn, ...fields }));
    const ids = async (fields: object) => {
      const pages: (number | undefined)[][] = [];
      for (let nextToken: string | undefined; pages.length === 0 || nextToken !== undefined; ) {
        const page = await get({ ...fields, nextToken });
        pages.push((page.events ?? []).map(({ id }) => id));
        nextToken = page.nextToken;
      }
      return pages;
    };
    expect(await ids({ maxResults: 3 })).toEqual([[1, 2, 3], [4]]);
    expect(await ids({ maxResults: 3, reverseOrder: true })).toEqual([[4, 3, 2], [1]]);
    expect(JSON.stringify((await get({ includeExecutionData: false })).events)).not.toContain('secret');
  });
});

it('DescribeStateMachine tells the definition', async () => {
  const { sfn, deploy } = await startWorkflows();
  const stateMachineArn = await deploy(PASS);
  expect(await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
    name: 'machine',
    status: 'ACTIVE',
    type: 'STANDARD',
    roleArn: ROLE,
    definition: JSON.stringify(PASS),
  });
});

it('a call that is not served says so', async () => {
  const { sfn } = await startWorkflows();
  await expect(sfn.send(new ListStateMachinesCommand({}))).rejects.toThrow(
    'AWSStepFunctions.ListStateMachines is not served here: want one of StartExecution',
  );
});

describe('an Express workflow', () => {
  it('runs as often as it is started, and keeps no record', async () => {
    const ran: unknown[] = [];
    const { sfn, deploy, start, events } = await startWorkflows({ work: (input) => ran.push(input) });
    const machine = await deploy(oneState(functionTask('work')), { isExpress: true });
    const arns = await Promise.all([start(machine, 1, 'same'), start(machine, 1, 'same')]);
    await expect.poll(() => ran).toEqual([1, 1]);
    const [executionArn = ''] = arns;
    expect(executionArn).toMatch(/:express:machine:same:[0-9a-f-]{36}$/);
    for (const Command of [DescribeExecutionCommand, StopExecutionCommand, GetExecutionHistoryCommand]) {
      // The three take the same input.
      await expect(
        sfn.send(new (Command as typeof DescribeExecutionCommand)({ executionArn })),
      ).rejects.toMatchObject({
        name: 'InvalidArn',
        message: "Invalid Arn: 'Resource type not valid in this context: express'",
      });
    }
    await expect(sfn.send(new ListExecutionsCommand({ stateMachineArn: machine }))).rejects.toMatchObject({
      name: 'StateMachineTypeNotSupported',
    });
    expect(events).toEqual([]);
  });

  it('logs how it failed', async () => {
    const { deploy, start, lines } = await startWorkflows();
    await start(await deploy(oneState({ Type: 'Fail', Error: 'Bad' }), { isExpress: true }), {}, 'one');
    await expect.poll(() => lines).toEqual(['task-mode | execution one FAILED: Bad']);
  });
});

describe('the change of a status', () => {
  it('is announced at the start and at each kind of end, in the shape that EventBridge delivers', async () => {
    const { sfn, deploy, start, ended, events } = await startWorkflows();
    const machine = await deploy(oneState({ Type: 'Pass', Result: 1 }));
    const arn = await start(machine, { a: 1 }, 'one');
    const { startDate, stopDate } = await ended(arn);
    const detail = {
      executionArn: arn,
      stateMachineArn: machine,
      name: 'one',
      startDate: startDate?.getTime(),
      input: '{"a":1}',
    };
    expect(events).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Step Functions Execution Status Change',
        source: 'aws.states',
        account: ACCOUNT,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'us-east-1',
        resources: [arn],
        detail: expect.objectContaining({
          ...detail,
          status: 'RUNNING',
          stopDate: null,
          output: null,
          error: null,
        }),
      },
      expect.objectContaining({
        detail: expect.objectContaining({
          ...detail,
          status: 'SUCCEEDED',
          stopDate: stopDate?.getTime(),
          output: '1',
        }),
      }),
    ]);

    const waits = await start(await deploy(oneState(tokenTask()), { name: 'waits' }));
    await sfn.send(new StopExecutionCommand({ executionArn: waits, error: 'Enough', cause: 'why' }));
    const times = await start(await deploy({ ...WAIT, TimeoutSeconds: 1 }, { name: 'times' }));
    await ended(times);
    const fails = await start(await deploy(oneState({ Type: 'Fail', Error: 'Bad' }), { name: 'fails' }));
    await ended(fails);
    const ends = events.slice(2).map(({ detail: { status, error, cause } }) => [status, error, cause]);
    expect(ends).toEqual([
      ['RUNNING', null, null],
      ['ABORTED', 'Enough', 'why'],
      ['RUNNING', null, null],
      ['TIMED_OUT', null, null],
      ['RUNNING', null, null],
      ['FAILED', 'Bad', null],
    ]);
  });

  it('leaves out data that would not fit into an event', async () => {
    const { deploy, start, ended, events } = await startWorkflows();
    await ended(await start(await deploy(PASS), 'x'.repeat(130_000)));
    expect(events[0]?.detail).toMatchObject({ inputDetails: { included: true } });
    expect(events[1]?.detail).toMatchObject({
      input: null,
      output: null,
      inputDetails: { included: false },
      outputDetails: { included: false },
    });
  });
});
