import { request as httpRequest } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATION_NAMES, OPERATIONS } from '../../lambdas/domain/operations.ts';
import { type Answer, expectSound } from '../fuzz/answers.ts';
import { type FuzzRequest, KNOWN, requestOf } from '../fuzz/requests.ts';
import { itemsOf } from '../fuzz/state.ts';
import { startExample } from './runtime.ts';

const { api, runtime } = await startExample();
const dynamoDb = new DynamoDBClient({
  region: 'us-east-1',
  endpoint: runtime.endpoints.dynamodb,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const { TableNames = [] } = await dynamoDb.send(new ListTablesCommand());
for (const id of KNOWN.taskIds) await api.accepted(KNOWN.functionName, { id, delay: 86_400 });
await api.stop(KNOWN.functionName, 'seed-stopped');

/** What is done with a request after it was written down: what HTTP allows and nobody means. */
const TWISTS = [
  '',
  '',
  '',
  '',
  '%zz',
  '%ff%fe',
  '/',
  '//',
  '/..',
  ';x=1',
  '?',
  '?limit=1&limit=2',
  '?%zz=%zz',
  '?&&=',
];

function wireOf({ operation, parameters, query, headers, body }: FuzzRequest, twist: string) {
  const { method, path } = OPERATIONS[operation];
  const encoded = (text: string) => encodeURIComponent(text.toWellFormed());
  const pathname = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(parameters[name] ?? ''));
  const search = Object.entries(query).map((pair) => pair.map(encoded).join('='));
  const legal = (text: string) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');
  return {
    method,
    path:
      pathname + twist + (search.length > 0 ? `${twist.includes('?') ? '&' : '?'}${search.join('&')}` : ''),
    headers: {
      ...Object.fromEntries(
        Object.entries(headers)
          .filter(([name]) => /^[\w-]+$/.test(name))
          .map(([name, value]) => [name, legal(value)]),
      ),
      // Of a GET, Node's client would not tell where its body ends.
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    },
    body,
  };
}

function send({ body, ...options }: ReturnType<typeof wireOf>): Promise<Answer> {
  const { hostname, port } = new URL(runtime.url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ ...options, hostname, port }, async (response) => {
      const chunks: Buffer[] = await response.toArray();
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(chunks).toString(),
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A machine under load may be too late for a request's deadline: what is wrong with a request is so each time. */
async function answerTo(wire: ReturnType<typeof wireOf>): Promise<{ answer: Answer; wasLate: boolean }> {
  const first = await send(wire);
  if (first.status !== 503) return { answer: first, wasLate: false };
  const second = await send(wire);
  return { answer: second.status === 503 ? await send(wire) : second, wasLate: true };
}

/** API Gateway's own answers have its shape: the request never came to us. */
function isOfTheGateway({ status, headers, body }: Answer): boolean {
  return (
    headers['x-fc-request-id'] === undefined &&
    [400, 403, 404, 413].includes(status) &&
    body.includes('message')
  );
}

async function rows(): Promise<Map<string, string>> {
  const tables = await Promise.all(TableNames.map((name) => itemsOf(dynamoDb, name)));
  return new Map(
    tables.flatMap((items, index) => [...items].map(([key, item]) => [`${index} ${key}`, item])),
  );
}

/** Tasks that a request made or moved: they go on by themselves. */
const moving = new Set<string>();

function changes(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key) && !moving.has(key.slice(2)),
  );
}

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

describe('over HTTP, no request has an operation answer 5xx or what cannot be read, or leaves a trace when it is refused:', () => {
  test.each(OPERATION_NAMES)(
    '%s',
    async (operation) => {
      await fc.assert(
        fc.asyncProperty(requestOf(operation), fc.constantFrom(...TWISTS), async (request, twist) => {
          const before = await rows();
          const wire = wireOf(request, twist);
          const { answer, wasLate } = await answerTo(wire);
          if (isOfTheGateway(answer)) {
            expect(() => JSON.parse(answer.body)).not.toThrow();
          } else {
            expectSound(answer, JSON.stringify(wire));
          }
          if (wasLate) return;
          if (answer.status >= 400 || wire.method === 'GET') {
            expect(changes(before, await rows()), JSON.stringify(wire)).toEqual([]);
          } else {
            const { functionName, taskId = answer.headers['x-fc-async-task-id'] } = request.parameters;
            moving.add(`${functionName}#${taskId}`);
            // A batch names its tasks in its answer.
            for (const [, id] of answer.body.matchAll(/"taskId":"([^"]+)"/g))
              moving.add(`${functionName}#${id}`);
          }
        }),
        { numRuns: RUNS },
      );
    },
    120_000,
  );
});
