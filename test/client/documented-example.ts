import { isTaskModeError, sigV4, TaskModeClient } from '../../client/index.ts';

const credentials = { accessKeyId: 'AKIA…', secretAccessKey: '…' }; // or fromNodeProviderChain()
const tasks = new TaskModeClient({
  endpoint: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
  signer: sigV4({ credentials }), // acs3({ accessKeyId, accessKeySecret }), or none on your machine
});

const { taskId } = await tasks.submit('thumbnail', { image: '…', size: 128 }, { delaySeconds: 5 });
const task = await tasks.wait('thumbnail', taskId, { timeoutMs: 60_000 });
console.log(task.status, task.returnPayload);

for await (const { taskId, taskErrorMessage } of tasks.list('thumbnail', { status: 'Failed' })) {
  console.log(taskId, taskErrorMessage);
  await tasks.redrive('thumbnail', taskId);
}

for await (const { level, message } of tasks.logs('thumbnail', taskId, { follow: true })) {
  console.log(level, message);
}

try {
  await tasks.stop('thumbnail', 'photo-1');
} catch (error) {
  if (!isTaskModeError(error, 'AsyncTaskFinished')) throw error; // it ended before
}

const failed = { action: 'Redrive', filter: { status: ['Failed'], prefix: 'night-' } } as const;
const { matched } = await tasks.bulkJobs.preview('thumbnail', failed);
const { bulkJobId } = await tasks.bulkJobs.start('thumbnail', { ...failed, reason: `all ${matched}` });
const job = await tasks.bulkJobs.wait('thumbnail', bulkJobId);
console.log(job.status, job.done, job.refusedByCode);

await tasks.config.put('thumbnail', { maxAsyncRetryAttempts: 5 });
await tasks.concurrency.put('thumbnail', 0); // pauses it
