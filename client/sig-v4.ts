import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Signer } from './signer.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SigV4Options {
  /** Credentials, or who gives them when they are needed, such as `fromNodeProviderChain()`. */
  readonly credentials: AwsCredentials | (() => Promise<AwsCredentials>);
  /** @default - the one in the endpoint's name: `….execute-api.<region>.amazonaws.com` */
  readonly region?: string;
}

/** Signs with AWS credentials, for a stack whose callers IAM checks. */
export function sigV4({ credentials, region }: SigV4Options): Signer {
  return async ({ method, url, headers, body }) => {
    const signer = new SignatureV4({
      service: 'execute-api',
      region: region ?? regionOf(url),
      sha256: Sha256,
      credentials,
    });
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    });
    // The platform sets it, and takes it from nobody.
    const { host: _, ...sent } = signed.headers;
    return sent;
  };
}

function regionOf({ hostname }: URL): string {
  const region = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(hostname)?.[1];
  if (region === undefined) throw new TypeError(`sigV4 needs a region: "${hostname}" does not name one`);
  return region;
}
