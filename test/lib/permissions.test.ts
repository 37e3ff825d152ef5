import { Match, Template } from 'aws-cdk-lib/assertions';
import { Pass, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { RUN_ATTRIBUTES } from '../../lambdas/domain/storage-names.ts';
import { TaskInvoke } from '../../lib/index.ts';
import { deployed, templateOf } from './synthesized.ts';

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Each role's statements as `action on resource`, by the name of the role's function. */
function permissionsOf(template: Template, role: string): string[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
    id.includes(`${role}Role`),
  );
  const statements = policies.flatMap(
    ([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[],
  );
  return statements
    .flatMap(({ Action, Resource, Condition }) =>
      [Action]
        .flat()
        .flatMap((action) =>
          [Resource].flat().map((resource) => `${action} on ${named(resource)}${Condition ? ' if own' : ''}`),
        ),
    )
    .sort();
}

/** A resource's ARN in short: the construct that it belongs to, and what follows the ARN. */
function named(resource: unknown): string {
  return JSON.stringify(resource)
    .replace(/\{"Fn::Join":\["",\[(.*)\]\]\}/, '$1')
    .replace(/\{"Fn::GetAtt":\["TaskMode(.*?)[0-9A-F]{8}","Arn"\]\}/g, '$1')
    .replace(/^"arn:.*:event-source-mapping:",\{"Ref":"TaskMode(.*?)[0-9A-F]{8}"\}/, '$1')
    .replace(/^"arn:.*:execution:".*\{"Ref":"TaskModeWorkflows(.*?)[0-9A-F]{8}"\}.*:\*"$/, 'executions of $1')
    .replace(/^\{"Ref":"TaskModeWorkflows(.*?)[0-9A-F]{8}"\}$/, 'workflow $1')
    .replace(/[",]/g, '');
}

const TRACES = ['xray:PutTelemetryRecords on *', 'xray:PutTraceSegments on *'];

const LOGS = (id: string) => [`logs:CreateLogStream on ${id}Logs`, `logs:PutLogEvents on ${id}Logs`];

describe('each role can do exactly what its function does', () => {
  const { stack, taskMode } = deployed({ functions: { echo: {}, encode: {} } });
  taskMode.addWorkflow('media', { definition: new Pass(stack, 'Pass') });
  taskMode.addWorkflow('fast', {
    definition: new Pass(stack, 'Quick'),
    stateMachineType: StateMachineType.EXPRESS,
  });
  const template = Template.fromStack(stack);
  const onMachine = (action: string) => ['StartExecution', 'ListExecutions'].includes(action);

  test.each([
    [
      'InvokeFunction',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:PutItem on TasksTable',
        'lambda:InvokeFunction on echoWorker',
        'lambda:InvokeFunction on encodeWorker',
        ...LOGS('Api'),
        's3:DeleteObject on PayloadsBucket/payloads/*',
        's3:PutObject on PayloadsBucket/payloads/*',
        'sqs:SendMessage on echoQueue',
        'sqs:SendMessage on encodeQueue',
      ],
    ],
    [
      'ListFunctions',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:Query on TasksTable/index/byState',
        'dynamodb:Scan on FunctionsTable',
        ...LOGS('Api'),
        'sqs:GetQueueAttributes on echoQueue',
        'sqs:GetQueueAttributes on encodeQueue',
      ],
    ],
    [
      'ExplainAsyncTask',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:Query on TasksTable/index/byState',
        ...LOGS('Api'),
        'sqs:GetQueueAttributes on echoQueue',
        'sqs:GetQueueAttributes on encodeQueue',
      ],
    ],
    [
      'GetAsyncTaskLogs',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        ...LOGS('Api'),
        'logs:FilterLogEvents on echoWorkerLogs',
        'logs:FilterLogEvents on encodeWorkerLogs',
      ],
    ],
    [
      'SubmitAsyncTasks',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:PutItem on TasksTable',
        ...LOGS('Api'),
        's3:DeleteObject on PayloadsBucket/payloads/*',
        's3:PutObject on PayloadsBucket/payloads/*',
        'sqs:SendMessage on echoQueue',
        'sqs:SendMessage on encodeQueue',
      ],
    ],
    [
      'GetAsyncTask',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        ...LOGS('Api'),
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/results/*',
      ],
    ],
    [
      'ListAsyncTasks',
      [
        'dynamodb:BatchGetItem on TasksTable',
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:Query on TasksTable/index/byState',
        'dynamodb:Query on TasksTable/index/byTime',
        ...LOGS('Api'),
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/results/*',
      ],
    ],
    [
      'StopAsyncTask',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:UpdateItem on TasksTable',
        'sqs:SendMessage on FollowUpQueue',
        ...LOGS('Api'),
      ],
    ],
    [
      'StartBulkJob',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable if own',
        'dynamodb:PutItem on TasksTable if own',
        'dynamodb:Query on TasksTable/index/byState',
        'sqs:SendMessage on BulkJobsQueue',
        ...LOGS('Api'),
      ],
    ],
    [
      'GetBulkJob',
      ['dynamodb:GetItem on FunctionsTable', 'dynamodb:GetItem on TasksTable if own', ...LOGS('Api')],
    ],
    [
      'ListBulkJobs',
      [
        'dynamodb:BatchGetItem on TasksTable if own',
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:Query on TasksTable/index/byTime if own',
        ...LOGS('Api'),
      ],
    ],
    [
      'StopBulkJob',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable if own',
        'dynamodb:UpdateItem on TasksTable if own',
        ...LOGS('Api'),
      ],
    ],
    [
      'BulkJobsFunction',
      [
        'dynamodb:BatchGetItem on TasksTable',
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:Query on TasksTable/index/byState',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS('BulkJobsFunction'),
        's3:DeleteObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:PutObject on PayloadsBucket/payloads/*',
        'sqs:DeleteMessage on BulkJobsQueue',
        'sqs:GetQueueAttributes on BulkJobsQueue',
        'sqs:ReceiveMessage on BulkJobsQueue',
        'sqs:SendMessage on BulkJobsQueue',
        'sqs:SendMessage on FollowUpQueue',
        'sqs:SendMessage on echoQueue',
        'sqs:SendMessage on encodeQueue',
      ],
    ],
    ...['PutAsyncInvokeConfig', 'DeleteAsyncInvokeConfig'].map((operation): [string, string[]] => [
      operation,
      ['dynamodb:GetItem on FunctionsTable', 'dynamodb:UpdateItem on FunctionsTable if own', ...LOGS('Api')],
    ]),
    ['GetAsyncInvokeConfig', ['dynamodb:GetItem on FunctionsTable', ...LOGS('Api')]],
    [
      'ListAsyncInvokeConfigs',
      ['dynamodb:GetItem on FunctionsTable', 'dynamodb:Scan on FunctionsTable', ...LOGS('Api')],
    ],
    ...['PutConcurrencyConfig', 'DeleteConcurrencyConfig'].map((operation): [string, string[]] => [
      operation,
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:UpdateItem on FunctionsTable if own',
        'lambda:UpdateEventSourceMapping on echoEventSource',
        'lambda:UpdateEventSourceMapping on encodeEventSource',
        ...LOGS('Api'),
      ],
    ]),
    [
      'GetConcurrencyConfig',
      [
        'dynamodb:GetItem on FunctionsTable',
        'lambda:GetEventSourceMapping on echoEventSource',
        'lambda:GetEventSourceMapping on encodeEventSource',
        ...LOGS('Api'),
      ],
    ],
    [
      'GetAsyncMetrics',
      [
        'cloudwatch:DescribeAlarms on *',
        'cloudwatch:GetMetricData on *',
        'dynamodb:GetItem on FunctionsTable',
        ...LOGS('Api'),
      ],
    ],
    [
      'ListConcurrencyConfigs',
      ['dynamodb:GetItem on FunctionsTable', 'dynamodb:Scan on FunctionsTable', ...LOGS('Api')],
    ],
    [
      'SweepFunction',
      [
        'dynamodb:BatchGetItem on TasksTable',
        'dynamodb:DeleteItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:Query on TasksTable/index/byState',
        'dynamodb:Query on TasksTable/index/byWakeTime',
        'dynamodb:Scan on FunctionsTable',
        'dynamodb:UpdateItem on FunctionsTable',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS('SweepFunction'),
        's3:PutObject on PayloadsBucket/results/*',
        ...['echo', 'encode'].flatMap((name) => [
          `lambda:GetEventSourceMapping on ${name}EventSource`,
          `lambda:UpdateEventSourceMapping on ${name}EventSource`,
          `sqs:DeleteMessage on ${name}DeadLetterQueue`,
          `sqs:GetQueueAttributes on ${name}Queue`,
          `sqs:ReceiveMessage on ${name}DeadLetterQueue`,
          `sqs:SendMessage on ${name}Queue`,
        ]),
        'sqs:DeleteMessage on FollowUpDeadLetterQueue',
        'sqs:SendMessage on BulkJobsQueue',
        'sqs:ReceiveMessage on FollowUpDeadLetterQueue',
        'sqs:SendMessage on FollowUpQueue',
      ],
    ],
    [
      'RedriveAsyncTask',
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS('Api'),
        's3:DeleteObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:PutObject on PayloadsBucket/payloads/*',
        'sqs:SendMessage on FollowUpQueue',
        'sqs:SendMessage on echoQueue',
        'sqs:SendMessage on encodeQueue',
      ],
    ],
    ...(
      [
        ['FollowUpFunction', 'FollowUpQueue', ['sqs:SendMessage on FollowUpWebhookQueue']],
        ['FollowUpWebhookFunction', 'FollowUpWebhookQueue', []],
      ] as const
    ).map(([role, queue, more]): [string, string[]] => [
      role,
      [
        'dynamodb:DeleteItem on TasksTable if own',
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS(role),
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/results/*',
        `sqs:DeleteMessage on ${queue}`,
        `sqs:GetQueueAttributes on ${queue}`,
        `sqs:ReceiveMessage on ${queue}`,
        `sqs:SendMessage on ${queue}`,
        ...more,
      ],
    ]),
    ['UnknownRoute', LOGS('Api')],
    ['GetOpenApi', LOGS('Api')],
    [
      'ListWorkflows',
      ['dynamodb:GetItem on FunctionsTable', 'dynamodb:Scan on FunctionsTable', ...LOGS('Api')],
    ],
    ...(
      [
        ['StartWorkflowExecution', ['DescribeExecution', 'StartExecution']],
        ['ListWorkflowExecutions', ['ListExecutions']],
        ['GetWorkflowExecution', ['DescribeExecution']],
        ['StopWorkflowExecution', ['DescribeExecution', 'StopExecution']],
        ['GetWorkflowExecutionHistory', ['GetExecutionHistory']],
      ] as const
    ).map(([operation, actions]): [string, string[]] => [
      operation,
      [
        'dynamodb:GetItem on FunctionsTable',
        ...LOGS('Api'),
        ...actions.map(
          (action) => `states:${action} on ${onMachine(action) ? 'workflow' : 'executions of'} media`,
        ),
        ...(operation === 'StartWorkflowExecution' ? ['states:StartExecution on workflow fast'] : []),
        ...(operation === 'GetWorkflowExecutionHistory' ? ['dynamodb:BatchGetItem on TasksTable'] : []),
      ],
    ]),
    [
      'echoWorker',
      [
        'dynamodb:GetItem on TasksTable if own',
        'dynamodb:UpdateItem on TasksTable if own',
        'dynamodb:UpdateItem on TasksTable if own',
        ...LOGS('echoWorker'),
        's3:DeleteObject on PayloadsBucket/results/echo/*',
        's3:GetObject on PayloadsBucket/payloads/echo/*',
        's3:PutObject on PayloadsBucket/results/echo/*',
        'sqs:DeleteMessage on echoQueue',
        'sqs:GetQueueAttributes on echoQueue',
        'sqs:ReceiveMessage on echoQueue',
        'sqs:SendMessage on FollowUpQueue',
        'sqs:SendMessage on echoQueue',
      ],
    ],
    [
      'FunctionsDeploy',
      [
        'dynamodb:DeleteItem on FunctionsTable',
        'dynamodb:UpdateItem on FunctionsTable',
        ...LOGS('FunctionsDeploy'),
      ],
    ],
  ])('%s', (role, permissions) => {
    expect(permissionsOf(template, role)).toEqual(
      [...permissions, ...(role === 'FunctionsDeploy' ? [] : TRACES)].sort(),
    );
  });

  test("a worker reaches its own function's rows only, and of them what a run writes", () => {
    const ofKeys = (keys: string, attributes?: readonly string[]) => ({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] },
      ...(attributes && { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': attributes } }),
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: 'dynamodb:GetItem', Condition: ofKeys('echo#*') }),
          Match.objectLike({ Action: 'dynamodb:UpdateItem', Condition: ofKeys('echo#*', RUN_ATTRIBUTES) }),
          Match.objectLike({
            Action: 'dynamodb:UpdateItem',
            Condition: ofKeys('echo#!*', ['pk', 'ended', 'expiresAt']),
          }),
        ]),
      },
    });
  });

  test('a follow-up function removes kept ends, and no task', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'dynamodb:DeleteItem',
            Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*#!*'] } },
          }),
        ]),
      },
    });
  });

  test('who answers for bulk jobs reaches no row of a task', () => {
    for (const Action of ['dynamodb:GetItem', ['dynamodb:PutItem', 'dynamodb:GetItem']]) {
      template.hasResourceProperties('AWS::IAM::Policy', {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Action,
              Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['#bulk-job/*'] } },
            }),
          ]),
        },
      });
    }
  });

  test('who puts a configuration reaches that field of a row and no other', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'dynamodb:UpdateItem',
            Condition: {
              'ForAllValues:StringEquals': {
                'dynamodb:Attributes': ['functionName', 'isDeleted', 'runtimeConfig'],
              },
              StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
            },
          }),
        ]),
      },
    });
  });

  test('no action and no resource is * but where AWS has no narrower one, and no managed policy of AWS is used', () => {
    const template = templateOf({ functions: { echo: {}, encode: {} } });
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::Policy'))) {
      for (const { Action, Resource } of Properties.PolicyDocument.Statement as Statement[]) {
        expect([Action].flat().join(' ')).not.toContain('*');
        const isWide = /^(xray:Put|cloudwatch:(GetMetricData|DescribeAlarms)$)/;
        if ([Action].flat().every((action) => isWide.test(action))) continue;
        expect([Resource].flat()).not.toContain('*');
      }
    }
    for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
  });
});

test('who submits the tasks of triggers can do that, and reaches the queues of their functions only', () => {
  const { stack, taskMode } = deployed({ functions: { other: {} } });
  const taskFunction = taskMode.addFunction('echo', { entry: 'examples/echo.ts' });
  for (const source of ['one', 'two']) {
    taskMode.addTrigger(source, { taskFunction, eventPattern: { source: [source] } });
  }
  expect(permissionsOf(Template.fromStack(stack), 'TriggersSubmit')).toEqual(
    [
      'dynamodb:GetItem on FunctionsTable',
      'dynamodb:GetItem on TasksTable',
      'dynamodb:PutItem on TasksTable',
      ...LOGS('TriggersSubmit'),
      ...TRACES,
      's3:DeleteObject on PayloadsBucket/payloads/*',
      's3:PutObject on PayloadsBucket/payloads/*',
      'sqs:DeleteMessage on TriggersQueue',
      'sqs:GetQueueAttributes on TriggersQueue',
      'sqs:ReceiveMessage on TriggersQueue',
      'sqs:SendMessage on echoQueue',
    ].sort(),
  );
});

describe('a workflow adds exactly', () => {
  const { stack, taskMode } = deployed({ functions: {} });
  const taskFunction = taskMode.addFunction('echo', { entry: 'examples/echo.ts' });
  taskMode.addFunction('encode', { entry: 'examples/echo.ts' });
  taskMode.addWorkflow('media', { definition: new TaskInvoke(stack, 'Work', { taskFunction }) });
  const template = Template.fromStack(stack);
  const ANSWERS = ['Failure', 'Heartbeat', 'Success'].map(
    (answer) =>
      `states:SendTask${answer} on arn:{Ref:AWS::Partition}:states:{Ref:AWS::Region}:{Ref:AWS::AccountId}:stateMachine:*`,
  );
  test('who submits its tasks, to the functions that it names', () => {
    expect(permissionsOf(template, 'WorkflowsSubmit')).toEqual(
      [
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:PutItem on TasksTable',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS('WorkflowsSubmit'),
        ...TRACES,
        's3:DeleteObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/payloads/*',
        's3:GetObject on PayloadsBucket/results/*',
        's3:PutObject on PayloadsBucket/payloads/*',
        'sqs:SendMessage on FollowUpQueue',
        'sqs:SendMessage on echoQueue',
        ...ANSWERS,
      ].sort(),
    );
  });

  test('who stops its tasks, reading its executions', () => {
    const permissions = permissionsOf(template, 'WorkflowsStopFunction');
    expect(permissions).toEqual(
      [
        'states:GetExecutionHistory on executions of media',
        'dynamodb:GetItem on FunctionsTable',
        'dynamodb:GetItem on TasksTable',
        'dynamodb:UpdateItem on TasksTable',
        ...LOGS('WorkflowsStopFunction'),
        ...TRACES,
        'sqs:DeleteMessage on WorkflowsStopQueue',
        'sqs:GetQueueAttributes on WorkflowsStopQueue',
        'sqs:ReceiveMessage on WorkflowsStopQueue',
        'sqs:SendMessage on WorkflowsStopQueue',
        'sqs:SendMessage on FollowUpQueue',
      ].sort(),
    );
  });

  test('that a worker may tell its states that it lives', () => {
    const permissions = permissionsOf(template, 'echoWorker').filter((each) => each.includes('states:'));
    expect(permissions).toEqual(ANSWERS.filter((each) => each.includes('Heartbeat')));
    expect(permissionsOf(template, 'encodeWorker').join()).not.toContain('states:');
  });

  test('the answers of who tells how tasks ended', () => {
    expect(permissionsOf(template, 'FollowUpFunction')).toEqual(expect.arrayContaining(ANSWERS));
    expect(permissionsOf(template, 'FollowUpWebhookFunction').join()).not.toContain('states:');
  });
});
