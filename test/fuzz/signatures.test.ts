import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATION_NAMES, type OperationName } from '../../lambdas/domain/operations.ts';
import { startCloudWatch } from '../aws/cloudwatch-engine.ts';
import { FUNCTION_TABLE, NONCE_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { startLogs } from '../aws/logs-engine.ts';
import { KEY, signedEvent } from '../http/signed.ts';
import { startWorld } from '../tasks/world.ts';
import { expectSound } from './answers.ts';
import { setEnvironment } from './environment.ts';
import { answerOf, eventOf, type Handler, handlerOf } from './events.ts';
import { startLambda } from './lambda-engine.ts';
import { type FuzzRequest, KNOWN, requestOf, word } from './requests.ts';
import { itemsOf } from './state.ts';
import { startKnownWorkflow } from './workflow.ts';

const world = await startWorld();
world.time.now = Date.now();
world.secrets.deploy({ name: 'access-keys', arn: 'arn', source: 'test' }, () =>
  JSON.stringify({ keys: { [KEY.id]: { secret: KEY.secret, functions: ['*'], actions: ['*'] } } }),
);
const lambda = await startLambda();
const cloudWatch = await startCloudWatch(Date.now);
const logs = await startLogs();
await startKnownWorkflow(world);
setEnvironment(
  { ...world.endpoints, lambda: lambda.endpoint, cloudWatch: cloudWatch.endpoint, logs: logs.endpoint },
  { secret: 'access-keys', nonceTable: NONCE_TABLE },
);
for (const taskId of KNOWN.taskIds) await world.submit({ taskId, delaySeconds: 86_400 });

const handlers = new Map<OperationName, Handler>();
for (const name of OPERATION_NAMES) handlers.set(name, await handlerOf(name));

const RUNS = Number(process.env.FUZZ_RUNS ?? 200);

const anyRequest = fc.constantFrom(...OPERATION_NAMES).chain(requestOf);

async function kept(): Promise<unknown> {
  return Promise.all(
    [TASK_TABLE, FUNCTION_TABLE, NONCE_TABLE].map((table) => itemsOf(world.dynamoDb, table)),
  );
}

async function answerTo(operation: OperationName, event: APIGatewayProxyEventV2) {
  const handler = handlers.get(operation) as Handler;
  const answer = answerOf(await handler(event));
  expectSound(answer, JSON.stringify(event));
  return answer;
}

const sign = ({ body, ...request }: FuzzRequest) =>
  signedEvent({ ...request, ...(body !== undefined && { body }) });

describe('signatures', () => {
  test('that nobody made let nobody in', async () => {
    const headers = fc.record(
      {
        authorization: fc.oneof(
          word,
          fc
            .tuple(fc.constantFrom(KEY.id, 'nobody', '__proto__'), word, fc.base64String())
            .map(
              ([id, names, signature]) =>
                `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names},Signature=${signature}`,
            ),
        ),
        'x-acs-date': word,
        'x-acs-security-token': word,
        'x-acs-bearer-token': word,
        'x-acs-action': word,
      },
      { requiredKeys: [] },
    );
    const before = await kept();
    await fc.assert(
      fc.asyncProperty(anyRequest, headers, async (request, forged) => {
        const event = eventOf({ ...request, headers: { ...request.headers, ...forged } }, {});
        expect((await answerTo(request.operation, event)).status).toBe(403);
      }),
      { numRuns: RUNS },
    );
    expect(await kept()).toEqual(before);
  }, 120_000);

  /** What may happen to a signed request on its way: each of these is a part that is signed. */
  const change = fc.oneof(
    fc.tuple(fc.constant('parameter' as const), fc.nat(), word),
    fc.tuple(fc.constant('query' as const), fc.oneof(word, fc.constantFrom('limit', 'qualifier')), word),
    fc.tuple(fc.constant('body' as const), fc.constant(0), word),
    fc.tuple(
      fc.constant('header' as const),
      fc.constantFrom(
        'host',
        'x-acs-date',
        'x-acs-action',
        'x-acs-version',
        'x-acs-signature-nonce',
        'x-acs-content-sha256',
        'x-acs-credentials-provider',
      ),
      word.map((text) => text.replaceAll(/[\r\n]/g, '')),
    ),
    fc.tuple(fc.constant('signature' as const), fc.nat({ max: 63 }), fc.constantFrom(...'0123456789abcdef')),
  );

  test('do not hold for a request that was changed in any signed part', async () => {
    const before = await kept();
    await fc.assert(
      fc.asyncProperty(anyRequest, change, async (request, made) => {
        const event = sign(request);
        const changed = changedBy(made, event);
        fc.pre(changed !== undefined);
        const { status } = await answerTo(request.operation, changed as APIGatewayProxyEventV2);
        expect(status, JSON.stringify([made, event])).toBe(403);
      }),
      { numRuns: RUNS },
    );
    expect(await kept()).toEqual(before);
  }, 120_000);

  test('of the FC SDK are taken, whatever is in the request', async () => {
    const read = fc
      .constantFrom(...OPERATION_NAMES.filter((name) => name !== 'InvokeFunction'))
      .chain(requestOf);
    await fc.assert(
      fc.asyncProperty(read, async (request) => {
        const names = Object.keys(request.query);
        // The SDK signs names as they are: the contract's need no encoding.
        fc.pre(names.every((name) => /^\w*$/.test(name)));
        const { status, body } = await answerTo(request.operation, sign(request));
        expect(status, `${JSON.stringify(request)}: ${body}`).not.toBe(403);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

type Change = readonly ['parameter' | 'query' | 'body' | 'header' | 'signature', string | number, string];

/** The request as it is then; undefined where nothing has changed. */
function changedBy(
  [part, place, value]: Change,
  event: APIGatewayProxyEventV2,
): APIGatewayProxyEventV2 | undefined {
  const { pathParameters = {}, queryStringParameters = {}, headers, body = '' } = event;
  const with_ = (values: Readonly<Record<string, string | undefined>>, name: string) =>
    Object.hasOwn(values, name) && values[name]?.trim() === value.trim()
      ? undefined
      : { ...values, [name]: value };
  if (part === 'body') {
    const bytes = Buffer.from(value).toString('base64');
    return bytes === body ? undefined : { ...event, body: bytes, isBase64Encoded: true };
  }
  if (part === 'signature') {
    const signature = /[0-9a-f]{64}$/.exec(headers.authorization ?? '')?.[0] ?? '';
    if (signature[Number(place)] === value) return undefined;
    const forged = signature.slice(0, Number(place)) + value + signature.slice(Number(place) + 1);
    return {
      ...event,
      headers: { ...headers, authorization: headers.authorization?.replace(signature, forged) },
    };
  }
  if (part === 'header') {
    const changed = with_(headers, String(place));
    return changed && { ...event, headers: changed };
  }
  if (part === 'query') {
    const changed = with_(queryStringParameters, String(place));
    return changed && { ...event, queryStringParameters: changed as Record<string, string> };
  }
  const names = Object.keys(pathParameters);
  const name = names[Number(place) % names.length];
  const changed = name === undefined ? undefined : with_(pathParameters, name);
  return changed && { ...event, pathParameters: changed as Record<string, string> };
}
