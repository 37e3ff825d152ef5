import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { primaryKeyOf, toItem } from '../../lambdas/aws/task-item.ts';
import type { MetricValues } from '../../lambdas/domain/metrics.ts';
import type { EndedTask, Task, TaskKey } from '../../lambdas/domain/task.ts';
import { type DeliverBatchDependencies, deliverFollowUps } from '../../lambdas/tasks/deliver-follow-ups.ts';
import { TaskInvoke } from '../../lib/index.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { type NamesAttributes, namedAttributes } from '../aws/expression-attributes.ts';
import { SECRET_ARN } from '../aws/receivers.ts';
import { newTask } from '../aws/tasks.ts';
import { startWaitingStates } from '../aws/waiting-states.ts';
import { deployed } from '../lib/synthesized.ts';
import { LATE, startFollowUpWorld } from '../tasks/follow-up-world.ts';
import { SHARDS } from '../tasks/world.ts';
import { IamPolicy } from './iam-policy.ts';

/**
 * What code of one function can do to others with its worker's role: each request is made only if the synthesized policy of
 * the role allows it, and then against the engines, where the follow-up functions must refuse to act on it.
 */
const world = await startFollowUpWorld();
const states = await startWaitingStates();
const { dynamoDb, sqs, time, read } = world;
await sqs.send(new CreateQueueCommand({ QueueName: 'attacker-own' }));
const OWN_QUEUE = 'arn:aws:sqs:us-east-1:000000000000:attacker-own';
const UUID = '7f9c24e5-2f63-4b1a-9a51-1f0d3c1f7a10';

const { stack, taskMode } = deployed({ functions: { victim: {} } });
taskMode.addFunction('attacker', { entry: 'examples/echo.ts' });
const template = Template.fromStack(stack);
const policy = new IamPolicy(template, 'attackerWorkerRole');

const [tableId = ''] = Object.keys(template.findResources('AWS::DynamoDB::GlobalTable')).filter((id) =>
  id.includes('Tasks'),
);
const [bucketId = ''] = Object.keys(template.findResources('AWS::S3::Bucket'));
const [followUpQueueId = '', webhookQueueId = ''] = ['FollowUpQueue', 'FollowUpWebhookQueue'].map((part) =>
  Object.keys(template.findResources('AWS::SQS::Queue')).find((id) => id.startsWith(`TaskMode${part}`)),
);

class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

function authorize(action: string, resource: string, context: Record<string, readonly string[]> = {}): void {
  if (!policy.allows({ action, resource, context })) throw new AccessDenied(`${action} on ${resource}`);
}

/** Writes a row as code of `attacker` can: with the worker's role. */
async function writeRow(pk: string, fields: object, more: NamesAttributes = {}): Promise<void> {
  const entries = Object.entries(fields);
  const request = {
    TableName: TASK_TABLE,
    Key: marshall({ pk }),
    UpdateExpression: `SET ${entries.map((_, n) => `#f${n} = :v${n}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name], n) => [`#f${n}`, name])),
    ExpressionAttributeValues: marshall(Object.fromEntries(entries.map(([, value], n) => [`:v${n}`, value]))),
    ...more,
  };
  authorize('dynamodb:UpdateItem', tableId, {
    'dynamodb:LeadingKeys': [pk],
    'dynamodb:Attributes': namedAttributes(request),
  });
  await dynamoDb.send(new UpdateItemCommand(request as ConstructorParameters<typeof UpdateItemCommand>[0]));
}

/** Sends to the follow-up queue as code of `attacker` can. */
async function sendToFollowUps(message: object): Promise<void> {
  authorize('sqs:SendMessage', followUpQueueId);
  await sqs.send(
    new SendMessageCommand({ QueueUrl: world.followUpQueueUrl, MessageBody: JSON.stringify(message) }),
  );
}

const counted: [string | undefined, MetricValues][] = [];
const log = { dropped: vi.fn(), notDelivered: vi.fn(), notHandled: vi.fn() };
const dependencies: DeliverBatchDependencies = {
  ...world.deliverDependencies,
  countMetrics: (...values) => void counted.push(values),
  log,
};

/** Has the follow-up function handle what is in its queue. Nothing may come again. */
async function handleAll(): Promise<void> {
  const messages = await world.take(world.followUpQueueUrl);
  const records = messages.map(({ MessageId = '', Body = '' }) => ({
    messageId: MessageId,
    receiptHandle: 'none',
    body: Body,
  }));
  expect(await deliverFollowUps(dependencies, records)).toEqual([]);
}

const expectDropped = (reason: string) => {
  expect(log.dropped.mock.calls).toEqual([[expect.objectContaining({ queue: 'follow-ups', reason })]]);
  expect(counted).toContainEqual([undefined, { DroppedMessageCount: 1 }]);
};

const toldNothing = async () => {
  const told = await world.toldAll();
  expect(Object.values(told).flat()).toEqual([]);
  expect(await world.take(world.queueUrl.replace('/echo', '/attacker-own'))).toEqual([]);
};

const webhookUrl = world.receivers.destinations.webhook;

/** An ended task as its worker leaves it, with a follow-up. */
const ended = (key: TaskKey, onSuccess: string, more: object = {}): Task => {
  const { status: _, ...task } = newTask({ ...key, submitTime: time.now });
  return {
    ...task,
    ...{ status: 'Succeeded', attempt: 1, endTime: time.now, result: { text: '1' }, followUp: 'pending' },
    ...{ runId: 'r', startTime: time.now, leaseUntil: time.now, instanceId: 'i' },
    config: { ...task.config, destinations: { onSuccess } },
    ...more,
  } as Task;
};

/** Writes a row past all rights, as if the role had allowed it. */
const putRow = (task: Task, more: object = {}) =>
  dynamoDb.send(
    new PutItemCommand({ TableName: TASK_TABLE, Item: { ...toItem(task, SHARDS), ...marshall(more) } }),
  );

beforeEach(async () => {
  counted.length = 0;
  for (const spy of Object.values(log)) spy.mockClear();
  await world.register('victim');
  await world.register('attacker');
  await world.allow(OWN_QUEUE, LATE, { destination: webhookUrl, secretArn: SECRET_ARN });
});

test('the rights of a worker are what they are taken for here', async () => {
  for (const id of [tableId, bucketId, followUpQueueId, webhookQueueId]) expect(id).not.toBe('');
  await writeRow('attacker#a', { status: 'Running', wakeTime: 1 });
  const keys = { 'dynamodb:LeadingKeys': ['attacker#a'] };
  expect(() => authorize('dynamodb:GetItem', tableId, keys)).not.toThrow();
  expect(() => authorize('s3:PutObject', `${bucketId}/results/attacker/a/r`)).not.toThrow();
  for (const action of ['PutItem', 'DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'BatchWriteItem']) {
    expect(() => authorize(`dynamodb:${action}`, tableId, keys), action).toThrow(AccessDenied);
  }
});

describe('code of one function cannot have another function reported', () => {
  const forged = {
    ...{ functionName: 'victim', taskId: 'payment_7', status: 'Succeeded', isInvocation: true, series: 1 },
    ...{ followUp: 'pending', attempt: 1, endTime: 1, requestId: 'r', tenant: 't', submissionId: 's' },
    ...{ payload: { text: '{"order":7}' }, result: { text: '{"paid":true}' } },
    config: {
      maxAsyncRetryAttempts: 0,
      maxAsyncEventAgeInSeconds: 60,
      destinations: { onSuccess: webhookUrl },
    },
  };

  test('by a message that holds the end of one of its tasks', async () => {
    await sendToFollowUps({ ended: forged });
    await handleAll();
    expectDropped('it is not the key of a task or of a kept end');
    await toldNothing();
    expect(await read({ functionName: 'victim', taskId: 'payment_7' })).toBeUndefined();
  });

  test('by a row of its own that claims to be of the other', async () => {
    for (const field of [
      'functionName',
      'taskId',
      'config',
      'payload',
      'requestId',
      'submissionId',
      'tenant',
    ]) {
      await expect(writeRow('attacker#row1', { [field]: 'victim' }), field).rejects.toThrow(AccessDenied);
    }
    await expect(writeRow('victim#payment_7', { followUp: 'pending' })).rejects.toThrow(AccessDenied);
    // What it may write makes no task.
    const { status, followUp, attempt, endTime, result } = forged;
    await writeRow('attacker#row1', { status, followUp, attempt, endTime, result });
    await sendToFollowUps({ functionName: 'attacker', taskId: 'row1' });
    await handleAll();
    await toldNothing();
  });

  test('even if its row did claim that: names come from the key', async () => {
    const key = { functionName: 'attacker', taskId: 'row1' };
    await putRow(ended(key, webhookUrl), { functionName: 'victim', taskId: 'invoice_9' });
    await sendToFollowUps(key);
    await handleAll();
    const [hook] = (await world.toldAll()).webhook;
    expect(hook?.headers['webhook-id']).toMatch(/^attacker\/row1\//);
    expect(hook?.body.requestContext).toMatchObject({ functionName: 'attacker', taskId: 'row1' });
  });

  test('by a kept end that claims to be of the other', async () => {
    const end = { ...forged, config: { destinations: { onSuccess: OWN_QUEUE } } };
    await expect(writeRow(`victim#!i-${UUID}`, { ended: end })).rejects.toThrow(AccessDenied);
    await writeRow(`attacker#!i-${UUID}`, { ended: end, expiresAt: 4_102_444_800 });
    await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
    await handleAll();
    const [told, ...more] = await world.take(world.queueUrl.replace('/echo', '/attacker-own'));
    expect(more).toEqual([]);
    const { requestContext } = JSON.parse(told?.Body ?? '{}');
    expect(requestContext).toMatchObject({ functionName: 'attacker' });
    expect(requestContext.followUpId).toMatch(new RegExp(`^attacker/i-${UUID}/`));
    expect(JSON.stringify(requestContext)).not.toContain('victim');
  });

  test('by a message in the queue of webhooks', () => {
    expect(() => authorize('sqs:SendMessage', webhookQueueId)).toThrow(AccessDenied);
  });
});

test('code of one function cannot put headers of its own into a webhook', async () => {
  await expect(writeRow('attacker#row1', { trace: { host: 'other' } })).rejects.toThrow(AccessDenied);
  const traceparent = `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`;
  const trace = { traceparent, tracestate: 'no list', host: 'other.example', 'x-injected': '1' };
  await putRow(ended({ functionName: 'attacker', taskId: 'row1' }, webhookUrl, { trace }));
  const endTrace = { ...trace, traceparent: `${traceparent}\r\nhost: other.example` };
  const end = { status: 'Succeeded', attempt: 1, endTime: 1, requestId: 'r', payload: { text: '1' } };
  await writeRow(`attacker#!i-${UUID}`, {
    ended: {
      ...end,
      result: { text: '1' },
      trace: endTrace,
      config: { destinations: { onSuccess: webhookUrl } },
    },
  });
  await sendToFollowUps({ functionName: 'attacker', taskId: 'row1' });
  await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
  await handleAll();
  const hooks = (await world.toldAll()).webhook;
  expect(hooks.map(({ headers }) => headers.traceparent).sort()).toEqual([traceparent, undefined]);
  for (const { headers } of hooks) {
    expect(headers.host).toBe(new URL(webhookUrl).host);
    expect(headers).not.toHaveProperty('x-injected');
    expect(headers).not.toHaveProperty('tracestate');
  }
});

describe('code of one function cannot take the ids of tasks', () => {
  test('of other functions', async () => {
    await sendToFollowUps({
      ended: { functionName: 'victim', taskId: 'order_42', status: 'Succeeded', isInvocation: true },
    });
    await handleAll();
    expectDropped('it is not the key of a task or of a kept end');
    await expect(writeRow('victim#order_42', { status: 'Succeeded' })).rejects.toThrow(AccessDenied);
    expect(await world.submit({ functionName: 'victim', taskId: 'order_42' })).not.toHaveProperty('existing');
  });

  test('of its own, by rows that no submit wrote', async () => {
    await writeRow('attacker#order_42', { status: 'Succeeded', expiresAt: 4_102_444_800 });
    expect(await read({ functionName: 'attacker', taskId: 'order_42' })).toBeUndefined();
    await world.submit({ functionName: 'attacker', taskId: 'order_42' });
    expect(await read({ functionName: 'attacker', taskId: 'order_42' })).toMatchObject({
      status: 'Enqueued',
    });
  });

  test('or keep a row for longer than ends are kept', async () => {
    const config = { destinations: { onSuccess: LATE } };
    const end = {
      status: 'Succeeded',
      attempt: 1,
      endTime: 1,
      payload: { text: '1' },
      result: { text: '1' },
    };
    await writeRow(`attacker#!i-${UUID}`, { ended: { ...end, config }, expiresAt: 4_102_444_800 });
    await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
    await handleAll();
    const command = new GetItemCommand({
      TableName: TASK_TABLE,
      Key: marshall({ pk: `attacker#!i-${UUID}` }),
    });
    const row = unmarshall((await dynamoDb.send(command)).Item ?? {});
    expect(row).toMatchObject({ followUpAttempts: 1 });
    expect(row.expiresAt - time.now / 1000).toBeLessThanOrEqual(7 * 86_400 + 1);
  });
});

describe('code of one function cannot read the objects of others', () => {
  const SECRET_KEY = 'payloads/victim/big_1/b3a1';

  beforeEach(() => world.payloads.put(SECRET_KEY, '"VICTIM-PAYLOAD-SECRET"'));

  test('by its own rights', () => {
    for (const key of [SECRET_KEY, 'results/victim/big_1/run-1', 'results/attacker/a/r']) {
      expect(() => authorize('s3:GetObject', `${bucketId}/${key}`), key).toThrow(AccessDenied);
    }
    expect(() => authorize('s3:PutObject', `${bucketId}/${SECRET_KEY}`)).toThrow(AccessDenied);
  });

  test('by the result of its own task', async () => {
    const key = { functionName: 'attacker', taskId: 'row2' };
    await putRow(ended(key, OWN_QUEUE));
    await expect(writeRow('attacker#row2', { payload: { objectKey: SECRET_KEY } })).rejects.toThrow(
      AccessDenied,
    );
    await writeRow('attacker#row2', { result: { objectKey: SECRET_KEY } });
    await sendToFollowUps(key);
    await handleAll();
    expectDropped('its row is not valid');
    await toldNothing();
    expect(await read(key)).toMatchObject({ followUp: 'failed', followUpError: 'its row is not valid' });
  });

  test.each(['payload', 'result'])('by the %s of a kept end', async (field) => {
    const config = { destinations: { onSuccess: OWN_QUEUE } };
    const end = {
      status: 'Succeeded',
      attempt: 1,
      endTime: 1,
      payload: { text: '1' },
      result: { text: '1' },
    };
    const row = { ...end, config, [field]: { objectKey: SECRET_KEY } };
    await writeRow(`attacker#!i-${UUID}`, { ended: row });
    await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
    await handleAll();
    expectDropped('its row is not valid');
    await toldNothing();
  });

  test('or learn their names from what destinations are told', async () => {
    const key = { functionName: 'victim', taskId: 'big_1' };
    const submissionId = '5d0c1c9e-93b5-4f6d-8a27-6a3a0a3bfb55';
    await putRow(ended(key, OWN_QUEUE, { submissionId }));
    await sendToFollowUps(key);
    await handleAll();
    const [told] = await world.take(world.queueUrl.replace('/echo', '/attacker-own'));
    expect(told?.Body).toContain('victim/big_1/');
    expect(JSON.stringify(told)).not.toContain(submissionId);
  });
});

describe('code of one function cannot hold up others', () => {
  test('by entries in the indexes that the sweep and lists read', async () => {
    for (const field of ['timeShard', 'sortKey', 'wakeShard']) {
      await expect(writeRow('attacker#x', { [field]: 'victim#0' }), field).rejects.toThrow(AccessDenied);
      await expect(writeRow(`attacker#!i-${UUID}`, { [field]: 'victim#0' }), field).rejects.toThrow(
        AccessDenied,
      );
    }
    await writeRow('attacker#x', { wakeTime: 0 });
    for (const shard of ['victim#0', 'attacker#0']) {
      const command = new QueryCommand({
        TableName: TASK_TABLE,
        IndexName: 'byWakeTime',
        KeyConditionExpression: 'timeShard = :shard',
        ExpressionAttributeValues: marshall({ ':shard': shard }),
      });
      expect((await dynamoDb.send(command)).Items).toEqual([]);
    }
  });

  test("by messages that use up the tries of another's destination", async () => {
    const key = { functionName: 'victim', taskId: 'late' };
    await putRow(ended(key, LATE));
    for (let n = 0; n < 14; n += 1) {
      await sendToFollowUps(key);
      await handleAll();
    }
    expect(await read(key)).toMatchObject({ followUp: 'pending', followUpAttempts: 1 });
    expect(counted).toEqual([['victim', { DestinationErrorCount: 1 }]]);
  });

  test('by rows that cannot be read', async () => {
    const key = { functionName: 'attacker', taskId: 'odd' };
    await putRow(ended(key, OWN_QUEUE));
    await writeRow(primaryKeyOf(key), { attempt: 'x' });
    await sendToFollowUps(key);
    await handleAll();
    expect(await world.read(key), 'what is of another type is no task').toBeUndefined();
    await writeRow(primaryKeyOf(key), { attempt: -1 });
    await sendToFollowUps(key);
    await handleAll();
    expectDropped('its row is not valid');
    // A number that JavaScript does not know.
    log.dropped.mockClear();
    await dynamoDb.send(
      new UpdateItemCommand({
        TableName: TASK_TABLE,
        Key: marshall({ pk: `attacker#!i-${UUID}` }),
        UpdateExpression: 'SET ended = :ended',
        ExpressionAttributeValues: { ':ended': { N: '9'.repeat(38) } },
      }),
    );
    await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
    await handleAll();
    expectDropped('its row is not valid');
  });
});

describe('code of one function cannot have a workflow of another answered', () => {
  const waiter = { token: 'token-of-another', executionId: 'e', waitFor: 'task' as const };

  beforeEach(() => {
    states.answers.length = 0;
    states.waiting.add(waiter.token);
  });

  test('by a waiter in a row of its own, which it may not even compare', async () => {
    await expect(writeRow('attacker#mine', { waiter })).rejects.toThrow(AccessDenied);
    await expect(
      writeRow('attacker#mine', { followUp: 'pending' }, { ConditionExpression: 'attribute_exists(waiter)' }),
    ).rejects.toThrow(AccessDenied);
    await expect(writeRow('attacker#mine', { isWaiterAnswered: true })).rejects.toThrow(AccessDenied);
  });

  test('by a waiter in a kept end', async () => {
    const config = { destinations: { onSuccess: OWN_QUEUE } };
    const end = {
      status: 'Succeeded',
      attempt: 1,
      endTime: 1,
      payload: { text: '1' },
      result: { text: '1' },
    };
    await writeRow(`attacker#!i-${UUID}`, { ended: { ...end, config, waiter } });
    await sendToFollowUps({ functionName: 'attacker', endId: `i-${UUID}` });
    await handleAll();
    expect(states.answers).toEqual([]);
    await world.take(world.queueUrl.replace('/echo', '/attacker-own'));
  });

  test('by its own rights, also where states wait for its tasks', () => {
    const machines = 'arn:AWS::Partition:states:AWS::Region:AWS::AccountId:stateMachine:*';
    const { stack: other, taskMode: withWorkflow } = deployed({ functions: {} });
    const taskFunction = withWorkflow.addFunction('attacker', { entry: 'examples/echo.ts' });
    withWorkflow.addWorkflow('w', { definition: new TaskInvoke(other, 'Work', { taskFunction }) });
    const awaited = new IamPolicy(Template.fromStack(other), 'attackerWorkerRole');
    const resource = machines.replace(':*', ':w');
    expect(awaited.allows({ action: 'states:SendTaskHeartbeat', resource: `${resource}` })).toBe(true);
    for (const action of ['states:SendTaskSuccess', 'states:SendTaskFailure']) {
      expect(awaited.allows({ action, resource })).toBe(false);
      expect(() => authorize(action, resource)).toThrow(AccessDenied);
    }
  });
});

test('what code can do to its own tasks is no more than the docs say: it writes their outcome', async () => {
  const key = { functionName: 'attacker', taskId: 'own' };
  const task = newTask({ ...key, submitTime: time.now });
  const config = { ...task.config, destinations: { onSuccess: OWN_QUEUE } };
  await putRow({ ...task, config } as Task);
  await writeRow(primaryKeyOf(key), {
    ...{ status: 'Succeeded', followUp: 'pending', attempt: 1, endTime: time.now },
    result: { text: '"forged"' },
  });
  await sendToFollowUps(key);
  await handleAll();
  expect((await read(key)) as EndedTask).toMatchObject({ status: 'Succeeded', followUp: 'delivered' });
  const [told] = await world.take(world.queueUrl.replace('/echo', '/attacker-own'));
  expect(JSON.parse(told?.Body ?? '{}')).toMatchObject({ responsePayload: '"forged"' });
});
