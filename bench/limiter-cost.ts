import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTableEngine } from '../local/engines/table-engine.ts';
import { countingProxy } from './counting-proxy.ts';
import { inParallel, percentile, submit } from './load.ts';
import { startRuntimeOf } from './runtime-process.ts';

const FREE_APP = fileURLToPath(new URL('..', import.meta.url));
const LIMITED_APP = fileURLToPath(new URL('./limited-app', import.meta.url));

/** Together with those that warm up, as many as the limited app takes at once. */
const SUBMITS = 80;
const WARM_UP = 40;

/** So late that no worker writes anything beside the submits. */
const DELAY_SECONDS = 900;

/** What it costs a submit that its caller is held to a rate. */
export async function limiterCost(folder: string): Promise<string[][]> {
  const free = await submitsTo(FREE_APP, join(folder, 'free'));
  const limited = await submitsTo(LIMITED_APP, join(folder, 'limited'));
  return [
    ['rate limiter: UpdateItem per submit', (limited.updates / SUBMITS).toFixed(3)],
    ['rate limiter: submit p50 over 1 connection, with it', `${limited.p50Ms.toFixed(1)} ms`],
    ['rate limiter: submit p50 over 1 connection, without', `${free.p50Ms.toFixed(1)} ms`],
  ];
}

async function submitsTo(appDir: string, folder: string): Promise<{ updates: number; p50Ms: number }> {
  const tables = await startTableEngine(join(folder, 'tables'));
  const dynamodb = await countingProxy(tables.endpoint);
  const engines = ['--dynamodb-endpoint', dynamodb.url];
  const runtime = await startRuntimeOf(appDir, join(folder, 'data'), ...engines);
  try {
    await inParallel(WARM_UP, 1, (number) => submit(runtime.url, `warm-${number}`, DELAY_SECONDS));
    dynamodb.counts.clear();
    const submitMs = await inParallel(SUBMITS, 1, (number) =>
      submit(runtime.url, `counted-${number}`, DELAY_SECONDS),
    );
    return { updates: dynamodb.counts.get('UpdateItem') ?? 0, p50Ms: percentile(submitMs, 50) };
  } finally {
    await runtime.stop();
    dynamodb.close();
    await tables.stop();
  }
}
