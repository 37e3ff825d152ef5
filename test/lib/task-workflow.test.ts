import aslValidator from 'asl-validator';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  JsonPath,
  Map as MapState,
  Pass,
  StateMachineType,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { OPERATIONS, WORKFLOW_OPERATION_NAMES } from '../../lambdas/domain/operations.ts';
import { TaskInvoke, type TaskInvokeProps } from '../../lib/index.ts';
import { deployed, findingsOf } from './synthesized.ts';

type Props = Omit<TaskInvokeProps, 'taskFunction'>;

/** A stack with one workflow of one state. */
function withWorkflow(props: Props = {}) {
  const deployment = deployed({ functions: {} });
  const { stack, taskMode } = deployment;
  const taskFunction = taskMode.addFunction('echo', { entry: 'examples/echo.ts' });
  const definition = new TaskInvoke(stack, 'Work', { taskFunction, ...props });
  const workflow = taskMode.addWorkflow('media', { definition, timeout: Duration.hours(1) });
  return { ...deployment, workflow };
}

/** The definition, with the ARNs of functions put in. */
function definitionOf(template: Template) {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const parts: unknown[] = machine?.Properties.DefinitionString['Fn::Join'][1];
  return JSON.parse(
    parts
      .map((part) =>
        typeof part === 'string'
          ? part
          : JSON.stringify(part).includes('Partition')
            ? 'aws'
            : 'arn:aws:lambda:us-east-1:000000000000:function:submit',
      )
      .join(''),
  );
}

const stateOf = (props: Props = {}) =>
  definitionOf(Template.fromStack(withWorkflow(props).stack)).States.Work;

describe('a state that runs a task', () => {
  test('waits for it by its token, with the input as payload', () => {
    expect(stateOf()).toEqual({
      Type: 'Task',
      End: true,
      Retry: [
        {
          ErrorEquals: expect.arrayContaining([
            'Lambda.TooManyRequestsException',
            'TaskMode.ServiceUnavailable',
          ]),
          IntervalSeconds: 2,
          MaxAttempts: 6,
          BackoffRate: 2,
        },
      ],
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: {
        FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:submit',
        Payload: {
          functionName: 'echo',
          'payload.$': '$',
          waitFor: 'task',
          'executionId.$': '$$.Execution.Id',
          'stateName.$': '$$.State.Name',
          'enteredTime.$': '$$.State.EnteredTime',
          'token.$': '$$.Task.Token',
        },
      },
    });
  });

  test('repeats no submit where it is told not to', () => {
    expect(stateOf({ retryOnServiceExceptions: false })).not.toHaveProperty('Retry');
  });

  test('says what it is told to', () => {
    const { Parameters } = stateOf({
      payload: TaskInput.fromObject({ image: JsonPath.stringAt('$.image') }),
      taskId: JsonPath.stringAt('$.id'),
      delay: Duration.minutes(2),
      mapIndex: JsonPath.numberAt('$.index'),
      waitFor: 'callback',
    });
    expect(Parameters.Payload).toMatchObject({
      payload: { 'image.$': '$.image' },
      'taskId.$': '$.id',
      delaySeconds: 120,
      'mapIndex.$': '$.index',
      waitFor: 'callback',
    });
  });

  test('says how long it waits, so that no task starts later', () => {
    const times = {
      taskTimeout: Timeout.at('$.seconds'),
      heartbeatTimeout: Timeout.duration(Duration.seconds(60)),
    };
    const state = stateOf(times);
    expect(state).toMatchObject({ TimeoutSecondsPath: '$.seconds', HeartbeatSeconds: 60 });
    expect(state.Parameters.Payload).toMatchObject({ 'timeoutSeconds.$': '$.seconds', heartbeatSeconds: 60 });
  });

  test('that waits for nothing has no token, and gets what was accepted', () => {
    const state = stateOf({ waitFor: 'response' });
    expect(state.Resource).toBe('arn:aws:lambda:us-east-1:000000000000:function:submit');
    expect(state.Parameters).toMatchObject({ functionName: 'echo', waitFor: 'response' });
    expect(JSON.stringify(state)).not.toContain('Token');
  });

  test.each<[string, Props, RegExp]>([
    ['taskId', { taskId: '1-starts-with-a-digit' }, /taskId of the state "Work" must be .*"1-starts/],
    [
      'delay',
      { delay: Duration.days(8) },
      /delay of the state "Work" must be whole seconds from 0 to 604800/,
    ],
    [
      'heartbeat',
      { heartbeatTimeout: Timeout.duration(Duration.seconds(59)) },
      /heartbeatTimeout of the state "Work" must be at least the lease of "echo" \(60 s\).*, got 59 s/,
    ],
    [
      'heartbeat where nothing is waited for',
      { waitFor: 'response', heartbeatTimeout: Timeout.at('$.seconds') },
      /heartbeatTimeout of the state "Work" must be absent with waitFor: 'response'/,
    ],
  ])('is refused at synth for its %s', (_, props, message) => {
    expect(() => withWorkflow(props)).toThrow(message);
  });
});

describe('a workflow', () => {
  test('is Standard, logged without payloads, traced, and valid', () => {
    const template = Template.fromStack(withWorkflow().stack);
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { IncludeExecutionData: false, Level: 'ALL' },
      TracingConfiguration: { Enabled: true },
    });
    expect(aslValidator(definitionOf(template))).toMatchObject({ isValid: true });
  });

  test('over a Map is valid', () => {
    const { stack, taskMode } = deployed({ functions: {} });
    const taskFunction = taskMode.addFunction('echo', { entry: 'examples/echo.ts' });
    const each = new MapState(stack, 'Each', {
      maxConcurrency: 40,
      itemSelector: {
        index: JsonPath.numberAt('$$.Map.Item.Index'),
        item: JsonPath.objectAt('$$.Map.Item.Value'),
      },
    });
    each.itemProcessor(
      new TaskInvoke(stack, 'Work', { taskFunction, mapIndex: JsonPath.numberAt('$.index') }),
    );
    taskMode.addWorkflow('media', { definition: each });
    expect(aslValidator(definitionOf(Template.fromStack(stack)))).toMatchObject({ isValid: true });
  });

  test('is started and seen by routes of the API', () => {
    const template = Template.fromStack(withWorkflow().stack);
    for (const name of WORKFLOW_OPERATION_NAMES) {
      const RouteKey = `${OPERATIONS[name].method} ${OPERATIONS[name].path}`;
      template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey, AuthorizationType: 'AWS_IAM' });
    }
  });

  test('has a row by which the API finds it, which goes with it unless another deployment has it now', () => {
    const rows = Object.values(Template.fromStack(withWorkflow().stack).findResources('Custom::AWS')).map(
      ({ Properties }) => ({
        update: JSON.stringify(Properties.Update),
        delete: JSON.stringify(Properties.Delete),
      }),
    );
    const row = rows.find(({ update }) => update.includes('#workflow/media'));
    expect(row?.update).toMatch(/UpdateItem.*stateMachineArn.*TaskModeWorkflowsmedia/);
    expect(row?.delete).toMatch(/DeleteItem.*#workflow\/media.*deployedBy = :deployedBy/);
  });

  test.each(['', '1st', 'a.b', 'x'.repeat(65)])('is refused at synth for its name %j', (name) => {
    const { stack, taskMode } = deployed({ functions: {} });
    const definition = new Pass(stack, 'Pass');
    expect(() => taskMode.addWorkflow(name, { definition })).toThrow('the name of a workflow must have');
  });

  test('may be Express', () => {
    const { stack, taskMode } = deployed({ functions: {} });
    const taskFunction = taskMode.addFunction('echo', { entry: 'examples/echo.ts' });
    const definition = new TaskInvoke(stack, 'Work', { taskFunction, waitFor: 'response' });
    taskMode.addWorkflow('fast', { definition, stateMachineType: StateMachineType.EXPRESS });
    Template.fromStack(stack).hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: 'EXPRESS',
    });
  });

  test('may invoke who submits, and nothing else of ours', () => {
    const { stack } = withWorkflow();
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: 'lambda:InvokeFunction',
            Effect: 'Allow',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('WorkflowsSubmit'), 'Arn'] },
          },
        ]),
      },
      Roles: [{ Ref: Match.stringLikeRegexp('Workflowsmedia') }],
    });
  });

  test('has the tasks stopped of its executions that end before them, and of no other', () => {
    Template.fromStack(withWorkflow().stack).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          status: ['ABORTED', 'TIMED_OUT', 'FAILED'],
          stateMachineArn: [{ Ref: Match.stringLikeRegexp('Workflowsmedia') }],
        },
      },
    });
  });

  test('has the end of an execution kept in a queue, and what cannot be done about it in another', () => {
    const template = Template.fromStack(withWorkflow().stack);
    const deadLetters = { 'Fn::GetAtt': [Match.stringLikeRegexp('WorkflowsStopDeadLetterQueue'), 'Arn'] };
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ source: ['aws.states'] }),
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('WorkflowsStopQueue'), 'Arn'] },
          DeadLetterConfig: { Arn: deadLetters },
          Id: Match.anyValue(),
        },
      ],
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: { deadLetterTargetArn: deadLetters, maxReceiveCount: 20 },
      MessageRetentionPeriod: 14 * 86_400,
      // Longer than the function may take.
      VisibilityTimeout: 360,
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: Match.stringLikeRegexp('WorkflowsStopFunction') },
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('has the rights to answer states with who submits and who tells; workers may say that they live', () => {
    const roles = (waitFor: NonNullable<Props['waitFor']>, answer: 'Success' | 'Heartbeat') => {
      const policies = Template.fromStack(withWorkflow({ waitFor }).stack).findResources('AWS::IAM::Policy');
      return Object.values(policies)
        .filter(({ Properties }) =>
          JSON.stringify(Properties.PolicyDocument).includes(`states:SendTask${answer}`),
        )
        .map(({ Properties }) => String(Properties.Roles[0].Ref).replace(/^TaskMode|Role.*/g, ''));
    };
    expect(roles('task', 'Success').sort()).toEqual(['FollowUpFunction', 'WorkflowsSubmit']);
    expect(roles('callback', 'Success').sort()).toEqual([
      'FollowUpFunction',
      'WorkflowsSubmit',
      'echoWorker',
    ]);
    const tellers = ['FollowUpFunction', 'WorkflowsSubmit', 'echoWorker'];
    expect(roles('task', 'Heartbeat').sort()).toEqual(tellers);
    expect(roles('response', 'Heartbeat').sort()).toEqual(['FollowUpFunction', 'WorkflowsSubmit']);
  });

  test.each(['task', 'callback'] as const)("that waits for a %s has no finding of cdk-nag's", (waitFor) => {
    expect(findingsOf(withWorkflow({ waitFor }))).toEqual([]);
  });
});

test('without a workflow nothing is deployed for one', () => {
  const template = Template.fromStack(deployed().stack);
  template.resourceCountIs('AWS::StepFunctions::StateMachine', 0);
  expect(JSON.stringify(template.toJSON())).not.toMatch(/states:|Workflow/);
});

test('Lambda does not end loops of the functions that send to their own queues, and ends those of all others', () => {
  const { stack, taskMode } = withWorkflow();
  const legacy = new LambdaFunction(stack, 'Legacy', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => 1'),
  });
  taskMode.addExistingFunction('legacy', legacy);
  const functions = Object.entries(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const named = (isAllowed: boolean) =>
    functions
      .filter(([, { Properties }]) => (Properties.RecursiveLoop === 'Allow') === isAllowed)
      .map(([id]) => id.replace(/^TaskMode/, '').replace(/[0-9A-F]{8}$/, ''));
  expect(named(true).sort()).toEqual([
    'BulkJobsFunction',
    'FollowUpFunction',
    'FollowUpWebhookFunction',
    'WorkflowsStopFunction',
    'echoWorker',
    'legacyWorker',
  ]);
  expect(named(false)).toEqual(expect.arrayContaining(['Legacy', 'SweepFunction', 'ApiInvokeFunction']));
});
