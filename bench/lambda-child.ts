/** Lambda on this machine with one function in it, which returns its event: in a process of its own, as the runtime is. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentProgram } from '../local/functions/environment-program.ts';
import { serveLambdaApi } from '../local/functions/lambda-api.ts';
import { LambdaService } from '../local/functions/lambda-service.ts';

const folder = await mkdtemp(join(tmpdir(), 'task-mode-lambda-'));
const taskRoot = join(folder, 'code');
await mkdir(taskRoot);
await writeFile(join(taskRoot, 'index.mjs'), 'export const handler = (event) => event;');
const service = new LambdaService({
  isVerbose: false,
  region: 'us-east-1',
  program: await environmentProgram(join(folder, 'environment.mjs')),
  endpointVariables: {},
  log: () => undefined,
  onMetrics: () => undefined,
  onLine: () => undefined,
  onInvocation: () => undefined,
  onThrottle: () => undefined,
});
service.deploy({
  name: 'bare',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:bare',
  label: 'bare',
  taskRoot,
  handler: 'index.handler',
  runtime: 'nodejs24.x',
  environment: {},
  timeoutSeconds: 60,
  memoryMegabytes: 512,
});
const api = await serveLambdaApi(() => service, new Map());
process.once('disconnect', async () => {
  api.close();
  await service.stop(0);
  await rm(folder, { recursive: true, force: true });
});
process.send?.(`${api.endpoint}/2015-03-31/functions/bare/invocations`);
