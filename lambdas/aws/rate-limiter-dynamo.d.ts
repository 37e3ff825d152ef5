/** The part of the DynamoDB store that we use. The package's own types are of its index, which loads every store. */
declare module 'rate-limiter-flexible/lib/RateLimiterDynamo.js' {
  import type { UpdateItemInput, UpdateItemOutput } from '@aws-sdk/client-dynamodb';
  import type { IRateLimiterStoreOptions, RateLimiterRes } from 'rate-limiter-flexible';

  export default class RateLimiterDynamo {
    constructor(
      options: Omit<IRateLimiterStoreOptions, 'storeClient'> & {
        readonly storeClient: { updateItem(input: UpdateItemInput): Promise<UpdateItemOutput> };
        readonly ttlSet: boolean;
      },
    );
    consume(key: string, points: number): Promise<RateLimiterRes>;
  }
}
