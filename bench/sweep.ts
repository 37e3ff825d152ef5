/**
 * Measures the sweep: `npm run bench:sweep`. It is given what one function's outage leaves behind, 5,000 ends of 190 KB that
 * were not delivered and 5,000 due tasks of a queue that refuses messages, beside 50,000 due tasks of a healthy function.
 * DynamoDB and SQS are stubs in another process, which answer after 5 ms, without TLS. The time of
 * a run is CPU time (see sweep/sweep-child.ts). Fails when a bound is broken.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AwsStub, type StubRow } from './sweep/aws-stub.ts';
import type { SweepRunCost } from './sweep/sweep-child.ts';

const HEALTHY = 50_000;
const BROKEN = 5000;
const UNDELIVERED = 5000;
const END_BYTES = 190 * 1024;
const SHARDS = 8;
const LATENCY_MS = 5;

/** What a run must keep to. A vCPU of 1,769 MB is one second of CPU a second, and the lane of due tasks has 45 s. */
const BOUNDS = { peakMegabytes: 400, cpuSeconds: 45 };

const now = Date.now();
const text = (value: string) => ({ S: value });
const number = (value: number) => ({ N: String(value) });

function functionRow(name: string) {
  return {
    functionName: text(name),
    functionArn: text(`arn:aws:lambda:us-east-1:000000000000:function:${name}`),
    queueUrl: text(`http://sqs/000000000000/${name}`),
    deadLetterQueueUrl: text(`http://sqs/000000000000/${name}-dead`),
    eventSourceId: text('id'),
    logGroupName: text('log'),
    shardCount: number(SHARDS),
    shardCounts: { SS: [String(SHARDS)] },
    scaling: { M: { maxConcurrency: number(100) } },
    instanceConcurrency: number(1),
    defaults: { M: {} },
  };
}

function rowOf(functionName: string, index: number, fields: StubRow['item']): StubRow {
  const pk = `${functionName}#t-${index}`;
  const item = {
    pk: text(pk),
    version: number(1),
    submissionId: text(`submission-${index}`),
    submitTime: number(now - 3_600_000),
    tenant: text('tenant'),
    notBefore: number(now + 60_000),
    startDeadline: number(now + 86_400_000),
    wakeTime: number(now - 1000 + (index % 1000)),
    ...fields,
  };
  return { pk, timeShard: `${functionName}#${index % SHARDS}`, item };
}

const many = (count: number, make: (index: number) => StubRow) =>
  Array.from({ length: count }, (_, n) => make(n));

// One object for all: only what is sent of it counts.
const endTexts = { payload: { M: { text: text('x'.repeat(END_BYTES)), size: END_BYTES } } };
const waiting = { status: text('Enqueued') };
const ended = { status: text('Failed'), followUp: text('pending'), ...endTexts };

const stub = new AwsStub({
  functions: ['healthy', 'broken', 'undelivered'].map(functionRow),
  rows: [
    ...many(UNDELIVERED, (index) => rowOf('undelivered', index, ended)),
    ...many(BROKEN, (index) => rowOf('broken', index, waiting)),
    ...many(HEALTHY, (index) => rowOf('healthy', index, waiting)),
  ],
  refusingQueue: '/broken',
  latencyMs: LATENCY_MS,
});
const endpoint = await stub.start();
const child = fork(fileURLToPath(new URL('./sweep/sweep-child.ts', import.meta.url)), {
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  env: {
    ...process.env,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_SQS: endpoint,
    TASK_MODE_SERVICE: 'Bench',
    TASK_TABLE_NAME: 'tasks',
    FUNCTION_TABLE_NAME: 'functions',
    TASK_BULK_JOB_QUEUE_URL: 'http://sqs/000000000000/bulk-jobs',
    TASK_FOLLOW_UP_QUEUE_URL: 'http://sqs/000000000000/follow-ups',
    TASK_FOLLOW_UP_DEAD_LETTER_QUEUE_URL: 'http://sqs/000000000000/follow-ups-dead',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  },
});

await once(child, 'message');

async function run(): Promise<SweepRunCost & { readonly requests: Map<string, number> }> {
  stub.requests.clear();
  child.send('run');
  const [cost] = (await once(child, 'message')) as [SweepRunCost];
  return { ...cost, requests: new Map(stub.requests) };
}

function broken(first: SweepRunCost, idle: SweepRunCost): string[] {
  const healthy = stub.sent.get('http://sqs/000000000000/healthy') ?? new Map<string, number>();
  const twice = [...healthy.values()].filter((times) => times > 1).length;
  return [
    ...(healthy.size < HEALTHY ? [`${healthy.size} of ${HEALTHY} wake-ups were sent in the first run`] : []),
    ...(twice > 0 ? [`${twice} wake-ups were sent twice`] : []),
    ...(first.cpuSeconds > BOUNDS.cpuSeconds
      ? [`${first.cpuSeconds.toFixed(1)} s of CPU in the first run`]
      : []),
    ...(idle.peakMegabytes > BOUNDS.peakMegabytes ? [`${idle.peakMegabytes.toFixed(0)} MB at the peak`] : []),
  ];
}

try {
  const first = await run();
  const second = await run();
  const idle = await run();
  const show = (name: string, { counts, seconds, cpuSeconds, peakMegabytes, requests }: typeof first) => {
    console.log(
      `${name}: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU, peak RSS ${peakMegabytes.toFixed(0)} MB`,
    );
    console.log(
      `  found: ${JSON.stringify(Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)))}`,
    );
    console.log(
      `  requests: ${[...requests].map(([operation, count]) => `${operation} ${count}`).join(', ')}`,
    );
  };
  show('first run', first);
  show('second run', second);
  show('third run', idle);
  const faults = broken(first, idle);
  for (const fault of faults) console.error(`broken bound: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  child.disconnect();
  stub.stop();
}
