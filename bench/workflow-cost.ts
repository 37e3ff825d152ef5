import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { synthesize } from '../local/assembly/synthesize.ts';
import { KillableRuntime } from './chaos/killable-runtime.ts';
import { inParallel, submit, taskTimes } from './load.ts';

const APP = fileURLToPath(new URL('./workflow-app', import.meta.url));
const REGION = 'us-east-1';
const ACCOUNT_ID = '000000000000';

const TASKS = 1000;
const AT_ONCE = 40;

/** A bench that is stuck says so. */
const GIVE_UP_MS = 300_000;

/** What it costs a task to be a step of a workflow: the same number of tasks by a Map, and by plain submits, as many at once. */
export async function workflowCost(folder: string): Promise<string[][]> {
  const assemblyDir = join(folder, 'cdk.out');
  await synthesize({
    appDir: APP,
    outDir: assemblyDir,
    region: REGION,
    accountId: ACCOUNT_ID,
    log: () => undefined,
    verbose: false,
  });
  const dataDir = join(folder, 'data');
  const options = { assemblyDir, dataDir, port: 0, sweepId: '' };
  const runtime = await KillableRuntime.start(options, join(folder, 'runtime.log'));
  try {
    await inParallel(200, AT_ONCE, (number) => submit(runtime.url, `warm-${number}`));
    await taskTimes(runtime.url, 'warm-', 200);
    const plainMs = await timeOf(async () => {
      await inParallel(TASKS, AT_ONCE, (number) => submit(runtime.url, `plain-${number}`));
      await taskTimes(runtime.url, 'plain-', TASKS);
    });
    const mapMs = await timeOf(() => runMap(runtime.sfnEndpoint));
    // All that were asked for, and each was begun once: the times of more, or of fewer, are not given.
    const mapped = await taskTimes(runtime.url, 'w-', TASKS);
    const runs = mapped.reduce((sum, task) => sum + task.runs, 0);
    if (mapped.length !== TASKS || runs !== TASKS) {
      throw new Error(`a Map of ${TASKS} has made ${mapped.length} tasks, which were begun ${runs} times`);
    }
    return [
      [`tasks per second, ${TASKS} by plain submits, ${AT_ONCE} at once`, perSecond(plainMs)],
      [`tasks per second, ${TASKS} by a Map of ${AT_ONCE} at once`, perSecond(mapMs)],
      ['workflow: more per task', `${((mapMs - plainMs) / TASKS).toFixed(1)} ms`],
    ];
  } finally {
    await runtime.stop();
  }
}

const perSecond = (ms: number) => ((TASKS * 1000) / ms).toFixed(0);

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startTime = performance.now();
  await work();
  return performance.now() - startTime;
}

async function runMap(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const sfn = new SFNClient({ region: REGION, endpoint, credentials });
  const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:bench-many`;
  const input = JSON.stringify(Array(TASKS).fill(0));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
  const giveUpTime = Date.now() + GIVE_UP_MS;
  for (;;) {
    const { status, error } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'SUCCEEDED') return sfn.destroy();
    if (status !== 'RUNNING' || Date.now() > giveUpTime) throw new Error(`the Map is ${status}: ${error}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
