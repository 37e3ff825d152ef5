import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { environmentProgram } from '../../local/functions/environment-program.ts';
import type { FunctionDefinition } from '../../local/functions/function-definition.ts';
import { type Invocation, LambdaService } from '../../local/functions/lambda-service.ts';
import { temporaryFolder } from './fixtures/assembly.ts';
import { isRunning } from './fixtures/processes.ts';

const services: LambdaService[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop(0)));
});

/** Deploys one function whose index.mjs is `code`; answers how to invoke it and what it logged. */
async function deploy(code: string, properties: Partial<FunctionDefinition> = {}, file = 'index.mjs') {
  const dir = await temporaryFolder();
  const taskRoot = join(dir, 'code');
  await mkdir(taskRoot);
  await writeFile(join(taskRoot, file), code);
  const lines: string[] = [];
  const metrics: string[] = [];
  const kept: { logGroup: string; stream: string; line: string }[] = [];
  const invocations: Invocation[] = [];
  const service = new LambdaService({
    isVerbose: false,
    region: 'us-east-1',
    program: await environmentProgram(join(dir, 'environment.mjs')),
    endpointVariables: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' },
    log: (line) => lines.push(line),
    onMetrics: (label, line) => metrics.push(`${label} | ${line}`),
    onLine: (logGroup, stream, line) => kept.push({ logGroup, stream, line }),
    onInvocation: (invocation) => invocations.push(invocation),
    onThrottle: () => undefined,
  });
  services.push(service);
  service.deploy({
    name: 'Stack-Fn',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:Stack-Fn',
    label: 'fn',
    taskRoot,
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    environment: { COLOR: 'blue' },
    timeoutSeconds: 5,
    memoryMegabytes: 128,
    ...properties,
  });
  return {
    service,
    lines,
    metrics,
    kept,
    invocations,
    invoke: (payload: unknown = {}) => service.invoke('Stack-Fn', payload),
  };
}

const REPORT_PID = 'export const handler = async () => process.pid;';

describe('a line that only carries metrics', () => {
  it('is not logged but passed on: it becomes a graph', async () => {
    const { invoke, lines, metrics } = await deploy(
      `export const handler = async () => { console.log('{"_aws":{"CloudWatchMetrics":[]}}'); console.log('{"read":"me"}'); };`,
    );
    await invoke();
    await vi.waitFor(() => expect(lines).toContain('fn | {"read":"me"}'));
    expect(lines.join()).not.toContain('_aws');
    expect(metrics).toEqual(['fn | {"_aws":{"CloudWatchMetrics":[]}}']);
  });
});

describe('an invocation', () => {
  it('is measured from when it runs: how long, whether it failed, and how many ran', async () => {
    const { invoke, invocations } = await deploy(
      `export const handler = async ({ ms, fails }) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (fails) throw new Error('no');
      };`,
      { reservedConcurrency: 2 },
    );
    await invoke({ ms: 0 });
    await Promise.all([invoke({ ms: 400 }), invoke({ ms: 400, fails: true }), invoke({ ms: 0 })]);
    expect(invocations).toHaveLength(4);
    expect(invocations.filter(({ isError }) => isError)).toHaveLength(1);
    expect(Math.max(...invocations.map(({ ownConcurrency }) => ownConcurrency))).toBe(2);
    expect(Math.max(...invocations.map(({ totalConcurrency }) => totalConcurrency))).toBe(2);
    expect(invocations.filter(({ durationMs }) => durationMs >= 390)).toHaveLength(2);
    expect(invocations.map(({ functionName }) => functionName)).toEqual(Array(4).fill('Stack-Fn'));
    expect(Date.now() - (invocations[0]?.startTime ?? 0)).toBeLessThan(30_000);
  });

  it('gets the event and the context, and gives back the result', async () => {
    const { invoke } = await deploy(`export const handler = async (event, context) => ({
      event, ...context, remaining: context.getRemainingTimeInMillis(), ipc: typeof process.send });`);
    const { payload } = (await invoke({ a: [1] })) as { payload: Record<string, unknown> };
    expect(payload).toMatchObject({
      event: { a: [1] },
      functionName: 'Stack-Fn',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Stack-Fn',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/Stack-Fn',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      callbackWaitsForEmptyEventLoop: true,
      ipc: 'undefined',
    });
    expect(payload.remaining).toBeGreaterThan(4000);
    expect(payload.remaining).toBeLessThanOrEqual(5000);
  });

  it('sees the environment variables of Lambda and the template, and none of this machine', async () => {
    process.env.TASK_MODE_TEST_SECRET = 'leaked';
    const { invoke } = await deploy(
      'export const handler = async () => ({ ...process.env, cwd: process.cwd() });',
    );
    const { payload } = (await invoke()) as { payload: Record<string, string> };
    delete process.env.TASK_MODE_TEST_SECRET;
    expect(payload).toMatchObject({
      COLOR: 'blue',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Stack-Fn',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      _HANDLER: 'index.handler',
      TZ: 'UTC',
    });
    expect(payload.LAMBDA_TASK_ROOT).toBe(payload.cwd);
    for (const name of ['TASK_MODE_TEST_SECRET', 'HOME', 'NODE_OPTIONS', 'VITEST', 'NODE_CHANNEL_FD']) {
      expect(payload).not.toHaveProperty(name);
    }
  });

  it('gives null for undefined, and runs CommonJS', async () => {
    const { invoke } = await deploy('exports.handler = async () => undefined;', {}, 'index.cjs');
    expect(await invoke()).toEqual({ payload: null });
  });

  it('reports what the handler throws', async () => {
    const { invoke } = await deploy(
      `export const handler = async () => { throw new TypeError('bad colour'); };`,
    );
    expect(await invoke()).toEqual({
      functionError: {
        errorType: 'TypeError',
        errorMessage: 'bad colour',
        trace: expect.arrayContaining(['TypeError: bad colour']),
      },
    });
  });

  it('refuses a response over 6 MB', async () => {
    const { invoke } = await deploy(`export const handler = async () => 'x'.repeat(6 * 1024 * 1024);`);
    expect(await invoke()).toMatchObject({ functionError: { errorType: 'Function.ResponseSizeTooLarge' } });
  });

  it('is killed at the time-out, even in an endless loop', async () => {
    const { invoke, service, lines } = await deploy('export const handler = async () => { while (true); };', {
      timeoutSeconds: 1,
    });
    expect(await invoke()).toMatchObject({
      functionError: { errorMessage: expect.stringContaining('Task timed out after 1.00 seconds') },
    });
    expect(service.environmentPids()).toEqual([]);
    expect(lines.join()).toContain('fn | RequestId');
  });

  it.each([
    ['exits', 'process.exit(3)', 'exit status 3'],
    ['is killed', `process.kill(process.pid, 'SIGKILL')`, 'signal: SIGKILL'],
  ])('fails as Runtime.ExitError when the process %s', async (_, statement, how) => {
    const { invoke } = await deploy(
      `export const handler = async () => { ${statement}; await new Promise(() => {}); };`,
    );
    expect(await invoke()).toMatchObject({
      functionError: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(how) },
    });
  });

  it('fails when a promise is rejected with nobody listening, and the next one gets a new process', async () => {
    const { invoke } = await deploy(`export const handler = async (event) => {
      if (event.fail) { Promise.reject(new Error('lost')); await new Promise((resolve) => setTimeout(resolve, 1000)); }
      return 'fine'; };`);
    expect(await invoke({ fail: true })).toMatchObject({
      functionError: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'lost' },
    });
    expect(await invoke()).toEqual({ payload: 'fine' });
  });

  it.each([
    ['throws', `throw new Error('cannot load');`, 'cannot load'],
    ['exports no handler', 'export const other = 1;', 'index.handler is undefined or not exported'],
    ['exits', 'process.exit(5);', 'exit status 5'],
  ])('fails when its module %s', async (_, code, message) => {
    const { invoke, service } = await deploy(code);
    expect(await invoke()).toMatchObject({
      functionError: { errorMessage: expect.stringContaining(message) },
    });
    await vi.waitFor(() => expect(service.environmentPids()).toEqual([]));
  });
});

describe('environments', () => {
  it('are used again while warm', async () => {
    const { invoke } = await deploy(REPORT_PID);
    expect(await invoke()).toEqual(await invoke());
  });

  it('run one invocation at a time and as many as needed side by side', async () => {
    const { invoke } = await deploy(`let running = 0;
      export const handler = async () => {
        running += 1;
        await new Promise((resolve) => setTimeout(resolve, 500));
        const seen = running;
        running -= 1;
        return { seen, pid: process.pid };
      };`);
    const results = (await Promise.all([invoke(), invoke(), invoke()])) as {
      payload: { seen: number; pid: number };
    }[];
    expect(results.map(({ payload }) => payload.seen)).toEqual([1, 1, 1]);
    expect(new Set(results.map(({ payload }) => payload.pid)).size).toBe(3);
  });

  it('stay few when invocations are short', async () => {
    const { invoke, service } = await deploy(REPORT_PID);
    await invoke();
    await Promise.all(Array.from({ length: 200 }, () => invoke()));
    expect(service.environmentPids().length).toBeLessThanOrEqual(2);
  });

  it('are never more than the reserved concurrency', async () => {
    const { invoke } = await deploy(
      'export const handler = () => new Promise((resolve) => setTimeout(() => resolve(process.pid), 100));',
      { reservedConcurrency: 1 },
    );
    const results = (await Promise.all([invoke(), invoke(), invoke()])) as { payload: number }[];
    expect(new Set(results.map(({ payload }) => payload)).size).toBe(1);
  });

  it('end with what the handler started in them', async () => {
    const { invoke, service } = await deploy(`import { spawn } from 'node:child_process';
      export const handler = async () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).pid;`);
    const { payload: pid } = (await invoke()) as { payload: number };
    await service.stop(0);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });
});

describe('code that is replaced', () => {
  const code = (version: number) =>
    `export const handler = ({ ms = 0 }) => new Promise((resolve) => setTimeout(() => resolve(${version}), ms));`;

  async function replaced(service: LambdaService, source: string): Promise<void> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'index.mjs'), source);
    return service.replaceCode('Stack-Fn', folder);
  }

  it('is what waiting invocations run on, while one that runs ends on what it began with', async () => {
    const { invoke, service, lines } = await deploy(code(1), { reservedConcurrency: 1 });
    await invoke();
    const runs = [invoke({ ms: 500 }), invoke(), invoke()];
    const isUnused = replaced(service, code(2));
    expect(await Promise.all(runs)).toEqual([{ payload: 1 }, { payload: 2 }, { payload: 2 }]);
    await isUnused;
    expect(service.environmentPids()).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it('is not held up by a start on the code before, whether that loads or not', async () => {
    const { invoke, service } = await deploy('await new Promise((resolve) => setTimeout(resolve, 5000));');
    const run = invoke();
    await vi.waitFor(() => expect(service.environmentPids()).toHaveLength(1));
    await replaced(service, code(2));
    expect(await run).toEqual({ payload: 2 });
  });
});

describe('log lines', () => {
  it('come whole and with the name in front, also those written right before a kill', async () => {
    const { invoke, lines } = await deploy(`import { writeSync } from 'node:fs';
      export const handler = async () => {
        process.stdout.write('first ');
        process.stdout.write('line\\nsecond');
        writeSync(1, ' line\\n{"last":"wörd"}');
        process.kill(process.pid, 'SIGKILL');
        await new Promise(() => {});
      };`);
    await invoke();
    expect(lines).toEqual(['fn | first line', 'fn | second line', 'fn | {"last":"wörd"}']);
  });
});
