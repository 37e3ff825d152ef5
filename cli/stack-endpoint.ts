import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { API_URL_DESCRIPTION } from '../lambdas/domain/stack-output.ts';
import { credentialsOf } from './aws-credentials.ts';
import { type RegionOptions, regionOf } from './aws-region.ts';
import { CommandError, UsageError } from './failure.ts';

/** CloudFormation's only API version (AWS CloudFormation API reference, DescribeStacks). */
const CLOUDFORMATION_VERSION = '2010-05-15';

const TIMEOUT_MS = 10_000;

/** Asks CloudFormation for the address of a stack's API: one signed request, for which no client is worth its size. */
export async function endpointOfStack(stackName: string, options: RegionOptions): Promise<string> {
  const region = await regionOf(options);
  const xml = await describeStack(stackName, region, options);
  const urls = apiUrlsOf(xml);
  if (urls.length === 0) {
    throw new CommandError(
      `stack "${stackName}" in ${region} has no output with the address of a Task Mode API`,
    );
  }
  if (urls.length > 1) {
    throw new UsageError(
      `stack "${stackName}" has several Task Mode APIs: want --endpoint with one of ${urls.join(', ')}`,
    );
  }
  return String(urls[0]);
}

async function describeStack(stackName: string, region: string, options: RegionOptions): Promise<string> {
  const endpoint =
    process.env.AWS_ENDPOINT_URL_CLOUDFORMATION ?? `https://cloudformation.${region}.amazonaws.com`;
  const url = new URL('/', endpoint);
  const signer = new SignatureV4({
    service: 'cloudformation',
    region,
    sha256: Sha256,
    credentials: await credentialsOf(options),
  });
  const body = new URLSearchParams({
    Action: 'DescribeStacks',
    StackName: stackName,
    Version: CLOUDFORMATION_VERSION,
  }).toString();
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  const { host: _, ...sent } = headers;
  const response = await send(url, { method: 'POST', headers: sent, body });
  const text = await response.text();
  if (response.ok) return text;
  const message = elementOf(text, 'Message') ?? `CloudFormation answered ${response.status}`;
  throw new CommandError(
    `the stack "${stackName}" in ${region} could not be read: ${message}`,
    'Name another with --stack, --region or --profile; it takes the right cloudformation:DescribeStacks.',
  );
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new CommandError(
      `CloudFormation (${url.origin}) does not answer`,
      'Check the region and the network.',
      {
        cause,
      },
    );
  }
}

/** Reads the addresses from an answer of DescribeStacks. */
export function apiUrlsOf(xml: string): string[] {
  const outputs = /<Outputs>(.*?)<\/Outputs>/s.exec(xml)?.[1] ?? '';
  return [...outputs.matchAll(/<member>(.*?)<\/member>/gs)]
    .map(([, member = '']) => member)
    .filter((member) => elementOf(member, 'Description') === API_URL_DESCRIPTION)
    .flatMap((member) => elementOf(member, 'OutputValue') ?? []);
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
