// The program of an execution environment's process: Lambda's Node runtime, as far as a handler can see it.
// It must import nothing but node:* (and types): the runtime may run a type-stripped copy of this one file.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromEnvironment, FunctionError, InvokeMessage } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

/** Lambda's limit for the response of a synchronous invocation: 6 MB. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;

const environment = process.env;

/** The channel is the runtime's own: a handler must not find `process.send` and take itself for a worker. */
const sendToRuntime = process.send?.bind(process);
Reflect.deleteProperty(process, 'send');

let runningRequestId: string | undefined;

process.once('disconnect', endOwnGroup);
process.on('uncaughtException', (error) => endAfterFault('Runtime.UncaughtException', error));
process.on('unhandledRejection', (reason) => endAfterFault('Runtime.UnhandledPromiseRejection', reason));

const handler = await loadHandler();
if (handler !== undefined) {
  process.on('message', (message) => void invoke(message as InvokeMessage, handler));
  send({ kind: 'ready' });
}

async function loadHandler(): Promise<Handler | undefined> {
  try {
    return await importHandler(environment._HANDLER ?? '', environment.LAMBDA_TASK_ROOT ?? process.cwd());
  } catch (error) {
    console.error(error);
    send({ kind: 'initFailed', error: functionErrorOf(error) }, () => process.exit(1));
    return undefined;
  }
}

async function importHandler(name: string, taskRoot: string): Promise<Handler> {
  const [, modulePath = '', exportPath = ''] = /^(.*?)\.([^/]+)$/.exec(name) ?? [];
  const file = ['.js', '.mjs', '.cjs']
    .map((extension) => join(taskRoot, modulePath + extension))
    .find(existsSync);
  if (file === undefined) {
    throw named('Runtime.ImportModuleError', `Cannot find module '${modulePath}' in ${taskRoot}`);
  }
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = exportPath
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], {
      ...(module.default as object | undefined),
      ...module,
    });
  if (typeof found !== 'function') {
    throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  return found as Handler;
}

async function invoke(message: InvokeMessage, run: Handler): Promise<void> {
  const { requestId } = message;
  runningRequestId = requestId;
  try {
    const result = await run(JSON.parse(message.payloadJson), contextOf(message));
    const payloadJson = JSON.stringify(result) ?? 'null';
    await flushOutput();
    const bytes = Buffer.byteLength(payloadJson);
    if (bytes > MAX_RESPONSE_BYTES) {
      throw named(
        'Function.ResponseSizeTooLarge',
        `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
      );
    }
    send({ kind: 'succeeded', requestId, payloadJson });
  } catch (error) {
    await flushOutput();
    send({ kind: 'failed', requestId, error: functionErrorOf(error), isFatal: false });
  } finally {
    runningRequestId = undefined;
  }
}

/** What the invocation has logged goes out before its result, so that who gets that can have the end of the log. */
async function flushOutput(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise<unknown>((resolve) => stream.write('', resolve));
  }
}

function contextOf(message: InvokeMessage): object {
  // Not by Date: the time of what runs goes on as it did when the clock is advanced.
  const deadlineMs = performance.now() + message.timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: message.requestId,
    ...(message.clientContext !== undefined && { clientContext: message.clientContext }),
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineMs - performance.now())),
  };
}

function endAfterFault(errorType: string, reason: unknown): void {
  console.error(reason);
  const error = { ...functionErrorOf(reason), errorType };
  const end = () => process.exit(129);
  if (runningRequestId === undefined) {
    end();
  } else {
    send({ kind: 'failed', requestId: runningRequestId, error, isFatal: true }, end);
  }
}

function functionErrorOf(error: unknown): FunctionError {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function send(message: FromEnvironment, sent?: () => void): void {
  sendToRuntime?.(message, undefined, undefined, () => sent?.());
}

/** The runtime is gone: ends this process and whatever the handler has started in its process group. */
function endOwnGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(1);
  }
}
