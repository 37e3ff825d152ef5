import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, vi } from 'vitest';
import { regionOf } from '../../cli/aws-region.ts';
import { type ConnectionOptions, findConnection } from '../../cli/connection.ts';
import { apiUrlsOf } from '../../cli/stack-endpoint.ts';
import { API_URL_DESCRIPTION } from '../../lambdas/domain/stack-output.ts';

const AWS_URL = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

const REQUEST = {
  operation: 'GetAsyncTask',
  method: 'GET',
  url: new URL('/2023-03-30/functions/echo/async-tasks/a', AWS_URL),
  headers: {},
  body: '',
} as const;

afterEach(() => {
  vi.unstubAllEnvs();
});

const environment = (values: Record<string, string>) => {
  const cleared = ['TASK_MODE_ENDPOINT', 'TASK_MODE_STACK', 'TASK_MODE_ACCESS_KEY_ID', 'AWS_PROFILE'];
  for (const name of cleared) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
};

const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' };
const ACCESS_KEY = { TASK_MODE_ACCESS_KEY_ID: 'TM1', TASK_MODE_ACCESS_KEY_SECRET: 'secret' };

it.each<[string, Record<string, string>, Partial<ConnectionOptions>, string, RegExp]>([
  ['this machine, when nothing is said', {}, {}, 'http://127.0.0.1:3000', /^undefined$/],
  [
    'an endpoint of the environment',
    { TASK_MODE_ENDPOINT: 'http://10.0.0.1/' },
    {},
    'http://10.0.0.1',
    /^undefined$/,
  ],
  [
    'an AWS address, with AWS credentials',
    AWS_KEYS,
    { endpoint: AWS_URL },
    AWS_URL,
    /^AWS4.*\/eu-west-1\/execute-api/,
  ],
  [
    'any address with an access key',
    ACCESS_KEY,
    { endpoint: AWS_URL },
    AWS_URL,
    /^ACS3-HMAC-SHA256 Credential=TM1/,
  ],
  [
    'another name of an API, when told so',
    { ...AWS_KEYS, AWS_REGION: 'eu-north-1' },
    { endpoint: 'https://tasks.example.com', auth: 'iam' },
    'https://tasks.example.com',
    /\/eu-north-1\/execute-api/,
  ],
])('calls %s', async (_, values, options, endpoint, authorization) => {
  environment(values);
  const connection = await findConnection({ auth: 'auto', ...options });
  expect(connection.endpoint).toBe(endpoint);
  expect(String((await connection.signer(REQUEST)).authorization)).toMatch(authorization);
});

it('asks CloudFormation for the address of a stack, signed', async () => {
  const asked: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    asked.push({ authorization: request.headers.authorization, body });
    const isThere = body.includes('StackName=Mine');
    response.writeHead(isThere ? 200 : 400).end(isThere ? answerOf(API_URL_DESCRIPTION) : MISSING);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  environment({
    ...AWS_KEYS,
    AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
  });
  try {
    expect(await findConnection({ auth: 'auto', stack: 'Mine' })).toMatchObject({ endpoint: AWS_URL });
    expect(asked[0]).toMatchObject({
      authorization: expect.stringMatching(/^AWS4.*\/eu-west-1\/cloudformation\/aws4_request/),
      body: 'Action=DescribeStacks&StackName=Mine&Version=2010-05-15',
    });
    await expect(findConnection({ auth: 'auto', stack: 'Other' })).rejects.toThrow(
      'the stack "Other" in eu-west-1 could not be read: Stack with id Other does not exist',
    );
  } finally {
    server.close();
  }
});

const answerOf = (
  description: string,
) => `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>
  <member><OutputKey>Bucket</OutputKey><OutputValue>a-bucket</OutputValue><Description>A bucket</Description></member>
  <member><OutputKey>TaskModeUrl1234</OutputKey><OutputValue>${AWS_URL}</OutputValue><Description>${description}</Description></member>
</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;

const MISSING =
  '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id Other does not exist</Message></Error></ErrorResponse>';

it('takes no other output for the address', () => {
  expect(apiUrlsOf(answerOf('Address of something else'))).toEqual([]);
});

it('finds the region as AWS’s tools do', async () => {
  const file = join(tmpdir(), `task-mode-config-${process.pid}`);
  writeFileSync(
    file,
    '[default]\nregion = us-west-2\n\n[profile work]\noutput = json\nregion=eu-central-1\n',
  );
  const env = { AWS_CONFIG_FILE: file };
  expect(await regionOf({ region: 'a-1' }, { ...env, AWS_REGION: 'b-1' })).toBe('a-1');
  expect(await regionOf({}, { ...env, AWS_REGION: 'b-1' })).toBe('b-1');
  expect(await regionOf({ profile: 'work' }, env)).toBe('eu-central-1');
  expect(await regionOf({}, { ...env, AWS_PROFILE: 'work' })).toBe('eu-central-1');
  expect(await regionOf({}, env)).toBe('us-west-2');
  await expect(regionOf({ profile: 'other' }, env)).rejects.toThrow('no AWS region: want --region');
});
