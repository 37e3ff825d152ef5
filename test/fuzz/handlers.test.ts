import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { s3Client } from '../../lambdas/aws/clients.ts';
import { newBulkJob } from '../../lambdas/domain/bulk-job.ts';
import { OPERATION_NAMES, OPERATIONS } from '../../lambdas/domain/operations.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { startCloudWatch } from '../aws/cloudwatch-engine.ts';
import { BUCKET, FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { startLogs } from '../aws/logs-engine.ts';
import { expectDescribed } from '../openapi/described.ts';
import { startWorld } from '../tasks/world.ts';
import { expectSound } from './answers.ts';
import { setEnvironment } from './environment.ts';
import { answerOf, eventOf, handlerOf } from './events.ts';
import { startLambda } from './lambda-engine.ts';
import { KNOWN, requestOf, requestWithHeaderInQuery } from './requests.ts';
import { itemsOf } from './state.ts';
import { startKnownWorkflow } from './workflow.ts';

const world = await startWorld();
world.time.now = Date.now();
const lambda = await startLambda();
const executions = await startKnownWorkflow(world);
const cloudWatch = await startCloudWatch(Date.now);
const logs = await startLogs();
setEnvironment(
  { ...world.endpoints, lambda: lambda.endpoint, cloudWatch: cloudWatch.endpoint, logs: logs.endpoint },
  undefined,
);
for (const taskId of KNOWN.taskIds) await world.submit({ taskId, delaySeconds: 86_400 });
const jobs = new BulkJobStore({ client: world.dynamoDb, tableName: TASK_TABLE });
for (const bulkJobId of KNOWN.bulkJobIds) {
  const order = { action: 'Stop', filter: {}, maxTasks: 1 } as const;
  const { functionName } = KNOWN;
  await jobs.create(
    newBulkJob({ functionName, bulkJobId, ...order, now: Date.now(), wakeTime: 0 }),
    Date.now(),
  );
}
await stopTask(world, { functionName: KNOWN.functionName, taskId: 'seed-stopped' });

/** The user whom API Gateway has checked. */
const IAM = { authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/alice' } } };

/** All that the API keeps: rows, configurations, the payloads that are too large for their rows, and executions. */
async function kept(): Promise<unknown> {
  const objects = await (await s3Client()).send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return [
    await itemsOf(world.dynamoDb, TASK_TABLE),
    await itemsOf(world.dynamoDb, FUNCTION_TABLE),
    (objects.Contents ?? []).map(({ Key }) => Key),
    executions(),
  ];
}

const RUNS = Number(process.env.FUZZ_RUNS ?? 100);

describe('whatever is asked of it, an operation answers below 500 in the right shape, and a refusal changes nothing:', () => {
  test.each(OPERATION_NAMES)(
    '%s',
    async (operation) => {
      const handler = await handlerOf(operation);
      let before = await kept();
      await fc.assert(
        fc.asyncProperty(requestOf(operation), async (request) => {
          const answer = answerOf(await handler(eventOf(request, IAM)));
          expectSound(answer, JSON.stringify(request));
          expectDescribed(operation, answer);
          const after = await kept();
          if (answer.status >= 400 || OPERATIONS[operation].method === 'GET') expect(after).toEqual(before);
          before = after;
        }),
        { numRuns: RUNS },
      );
    },
    120_000,
  );
});

test('every operation refuses a field in its query that must be a header, and changes nothing', async () => {
  const requests = fc.constantFrom(...OPERATION_NAMES).chain(requestWithHeaderInQuery);
  const before = await kept();
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const handler = await handlerOf(request.operation);
      const answer = answerOf(await handler(eventOf(request, IAM)));
      expectSound(answer, JSON.stringify(request));
      expectDescribed(request.operation, answer);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body).Message).toMatch(
        /^x-(fc|task-mode)-\S* must be a header, not a parameter of the query, got "/i,
      );
    }),
    { numRuns: RUNS * 3 },
  );
  expect(await kept()).toEqual(before);
}, 120_000);
