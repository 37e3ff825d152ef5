import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startQueueEngine } from '../local/engines/queue-engine.ts';
import { startTableEngine } from '../local/engines/table-engine.ts';
import { type CountingProxy, countingProxy } from './counting-proxy.ts';
import { percentile } from './load.ts';
import { startRuntime } from './runtime-process.ts';

const ROUNDS = 200;
const WARM_UP_ROUNDS = 20;

const PAYLOAD = '{"hello":"world"}';

/**
 * What synchronous calls and invocations with task mode off take, each beside what it is to be compared with: one call
 * after the other, taking turns, so that both meet the same machine.
 */
export async function invocationCost(folder: string): Promise<string[][]> {
  const tables = await startTableEngine(join(folder, 'invocation-tables'));
  const queues = await startQueueEngine(join(folder, 'invocation-queues'), 'us-east-1');
  const [dynamodb, sqs] = [await countingProxy(tables.endpoint), await countingProxy(queues.endpoint)];
  const engines = ['--dynamodb-endpoint', dynamodb.url, '--sqs-endpoint', sqs.url];
  const runtime = await startRuntime(join(folder, 'invocations'), ...engines);
  try {
    return [...(await syncCost(runtime.url)), ...(await taskModeOffCost(runtime.url, { dynamodb, sqs }))];
  } finally {
    await runtime.stop();
    dynamodb.close();
    sqs.close();
    await Promise.all([tables.stop(), queues.stop()]);
  }
}

async function syncCost(url: string): Promise<string[][]> {
  const child = fork(fileURLToPath(new URL('./lambda-child.ts', import.meta.url)));
  const [bare] = (await once(child, 'message')) as [string];
  try {
    const [ofSync, ofBare] = await inTurns(
      () => post(`${url}/2023-03-30/functions/echo/invocations`, {}, 200),
      () => post(bare, {}, 200),
    );
    return [
      ['synchronous call p50', `${percentile(ofSync, 50).toFixed(1)} ms`],
      [
        'synchronous call p50, over a bare local Lambda invocation',
        `${(percentile(ofSync, 50) / percentile(ofBare, 50)).toFixed(1)} x (${percentile(ofBare, 50).toFixed(1)} ms)`,
      ],
    ];
  } finally {
    child.disconnect();
  }
}

interface Proxies {
  readonly dynamodb: CountingProxy;
  readonly sqs: CountingProxy;
}

/** `flaky` has task mode put off, and `echo` has it on; neither does more than return. */
async function taskModeOffCost(url: string, { dynamodb, sqs }: Proxies): Promise<string[][]> {
  const functions = `${url}/2023-03-30/functions`;
  const put = await fetch(`${functions}/flaky/async-invoke-config`, {
    method: 'PUT',
    body: '{"asyncTask":false}',
  });
  if (put.status !== 200) throw new Error(`task mode is not off: ${put.status} ${await put.text()}`);
  const deleted = () => (sqs.counts.get('DeleteMessage') ?? 0) + (sqs.counts.get('DeleteMessageBatch') ?? 0);
  const submitMs: Record<string, number[]> = { echo: [], flaky: [] };
  const untilDone = async (name: 'echo' | 'flaky') => {
    const before = deleted();
    const startTime = performance.now();
    await post(`${functions}/${name}/invocations`, { 'x-fc-invocation-type': 'Async' }, 202);
    submitMs[name]?.push(performance.now() - startTime);
    while (deleted() === before) await pause(1);
  };
  const [ofOff, ofTask] = await inTurns(
    () => untilDone('flaky'),
    () => untilDone('echo'),
  );
  dynamodb.counts.clear();
  sqs.counts.clear();
  for (let round = 0; round < ROUNDS; round += 1) await untilDone('flaky');
  const perInvocation = (proxy: CountingProxy, ...names: string[]) =>
    (names.reduce((sum, name) => sum + (proxy.counts.get(name) ?? 0), 0) / ROUNDS).toFixed(2);
  const p50 = (name: string) => percentile((submitMs[name] ?? []).slice(WARM_UP_ROUNDS), 50).toFixed(1);
  return [
    ['task mode off: submit latency p50 (a task’s)', `${p50('flaky')} ms (${p50('echo')} ms)`],
    [
      'task mode off: submit to done p50 (a task’s)',
      `${percentile(ofOff, 50).toFixed(1)} ms (${percentile(ofTask, 50).toFixed(1)} ms)`,
    ],
    ['task mode off: SendMessage per invocation', perInvocation(sqs, 'SendMessage')],
    [
      'task mode off: writes and reads of DynamoDB per invocation',
      perInvocation(dynamodb, 'PutItem', 'UpdateItem', 'GetItem'),
    ],
  ];
}

/** Times two things in turns, after some rounds that are not counted. */
async function inTurns(...works: (() => Promise<unknown>)[]): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (const [index, work] of works.entries()) {
      const startTime = performance.now();
      await work();
      if (round >= 0) times[index]?.push(performance.now() - startTime);
    }
  }
  return times;
}

async function post(url: string, headers: Record<string, string>, wanted: number): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body: PAYLOAD });
  const body = await response.text();
  if (response.status !== wanted) throw new Error(`${url}: ${response.status} ${body}`);
}
