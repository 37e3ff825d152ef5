import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { LambdaClient } from '@aws-sdk/client-lambda';

/**
 * A connection for each call. One that is kept is dead when its sandbox was frozen for some minutes, and the reset that comes then
 * cannot be told from one that was lost while the function ran. While a call waits it is kept alive, as the SDK does it: a
 * connection that is silent for minutes is cut on its way.
 */
const CONNECTION = { keepAlive: true } as const;
const closed = { keepSocketAlive: () => false };

/**
 * By which existing functions are invoked; in a file of its own, since few bundles need it. It never repeats a
 * call, which would run the function a second time unseen, and waits for an answer as long as the function may take.
 */
export const lambda = new LambdaClient({
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 0,
    socketTimeout: 0,
    httpAgent: Object.assign(new HttpAgent(CONNECTION), closed),
    httpsAgent: Object.assign(new HttpsAgent(CONNECTION), closed),
  },
});
