import { createRequire } from 'node:module';
import type * as fc from '@alicloud/fc20230330';
import { $OpenApiUtil } from '@alicloud/openapi-core';
import type { Key } from './access-keys-runtime.ts';

type FcClientClass = typeof fc.default.default;

export type FcClient = InstanceType<FcClientClass>;

// Its types say what Node's import makes of a CommonJS module, vitest's import makes something else of it.
const FcClientClass: FcClientClass = createRequire(import.meta.url)('@alicloud/fc20230330').default;

/** The FC SDK as it is: its endpoint is all that is ours. */
export function fcSdk(url: string, { id, secret }: Key, config: object = {}): FcClient {
  return new FcClientClass(
    new $OpenApiUtil.Config({
      endpoint: new URL(url).host,
      protocol: 'http',
      accessKeyId: id,
      accessKeySecret: secret,
      // Its own 3 s are for a service: here all tests share two cores.
      readTimeout: 20_000,
      ...config,
    }),
  );
}

/** The options of a call that has none. */
export const NO_OPTIONS = {} as Parameters<FcClient['invokeFunctionWithOptions']>[3];
