/**
 * Measures the local runtime under load: `npm run bench -- --tasks 2000 --connections 20`.
 * It is the same code as on AWS, on engines and a machine that are not AWS: compare runs, not clouds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startQueueEngine } from '../local/engines/queue-engine.ts';
import { startTableEngine } from '../local/engines/table-engine.ts';
import { countingProxy } from './counting-proxy.ts';
import { invocationCost } from './invocation-cost.ts';
import { limiterCost } from './limiter-cost.ts';
import { inParallel, percentile, submit, taskTimes } from './load.ts';
import { metricsCost } from './metrics-cost.ts';
import { startRuntime } from './runtime-process.ts';
import { supervisorCost } from './supervisor-cost.ts';
import { workflowCost } from './workflow-cost.ts';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '2000' }, connections: { type: 'string', default: '20' } },
});
const tasks = Number(values.tasks);
const connections = Number(values.connections);

/** Some tasks first, so that every process that the load needs has started. */
const WARM_UP_TASKS = 200;

/** How many tasks the requests are counted over. */
const COUNTED_TASKS = 100;

async function measureLoad(folder: string): Promise<string[][]> {
  const runtime = await startRuntime(join(folder, 'load'));
  try {
    await inParallel(WARM_UP_TASKS, connections, (number) => submit(runtime.url, `warm-${number}`));
    await taskTimes(runtime.url, 'warm-', WARM_UP_TASKS);
    const startTime = performance.now();
    const submitMs = await inParallel(tasks, connections, (number) => submit(runtime.url, `load-${number}`));
    const submitSeconds = (performance.now() - startTime) / 1000;
    const times = await taskTimes(runtime.url, 'load-', tasks);
    const begin = Math.min(...times.map(({ submitTime }) => submitTime));
    const end = Math.max(...times.map(({ endTime }) => endTime));
    const waitMs = times.map(({ submitTime, runTime }) => runTime - submitTime);
    return [
      ['submit latency p50', `${percentile(submitMs, 50).toFixed(1)} ms`],
      ['submit latency p99', `${percentile(submitMs, 99).toFixed(1)} ms`],
      ['submit to start p50', `${percentile(waitMs, 50)} ms`],
      ['submit to start p99', `${percentile(waitMs, 99)} ms`],
      ['submits per second', (tasks / submitSeconds).toFixed(0)],
      ['tasks per second, submit to end', ((tasks * 1000) / (end - begin)).toFixed(0)],
    ];
  } finally {
    await runtime.stop();
  }
}

async function countRequests(folder: string): Promise<string[][]> {
  const tables = await startTableEngine(join(folder, 'tables'));
  const queues = await startQueueEngine(join(folder, 'queues'), 'us-east-1');
  const [dynamodb, sqs] = [await countingProxy(tables.endpoint), await countingProxy(queues.endpoint)];
  const engines = ['--dynamodb-endpoint', dynamodb.url, '--sqs-endpoint', sqs.url];
  const runtime = await startRuntime(join(folder, 'counted'), ...engines);
  try {
    await inParallel(20, 1, (number) => submit(runtime.url, `warm-${number}`));
    await taskTimes(runtime.url, 'warm-', 20);
    dynamodb.counts.clear();
    sqs.counts.clear();
    await inParallel(COUNTED_TASKS, 1, (number) => submit(runtime.url, `counted-${number}`));
    // Before the list, whose own reads are not the tasks'.
    const ours = ['PutItem', 'UpdateItem', 'GetItem', 'SendMessage'];
    await taskTimes(runtime.url, 'counted-', COUNTED_TASKS);
    const counts = new Map([...dynamodb.counts, ...sqs.counts]);
    return ours.map((name) => [`${name} per task`, ((counts.get(name) ?? 0) / COUNTED_TASKS).toFixed(2)]);
  } finally {
    await runtime.stop();
    dynamodb.close();
    sqs.close();
    await Promise.all([tables.stop(), queues.stop()]);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'task-mode-bench-'));
try {
  const rows = [
    ...(await measureLoad(folder)),
    ...(await countRequests(folder)),
    ...(await invocationCost(folder)),
    ...(await supervisorCost(join(folder, 'load', 'cdk.out'))),
    ...(await metricsCost(folder)),
    ...(await limiterCost(folder)),
    ...(await workflowCost(join(folder, 'workflow'))),
  ];
  console.log(
    `\n${tasks} echo tasks over ${connections} connections, local runtime, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model}\n`,
  );
  console.log('| measure | value |\n| --- | ---: |');
  for (const [measure, value] of rows) console.log(`| ${measure} | ${value} |`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
