import { LambdaClient } from '@aws-sdk/client-lambda';

/**
 * By which existing functions are invoked; in a file of its own, since few bundles need it. It never repeats a
 * call, which would run the function a second time unseen, and waits for an answer as long as the function may take.
 */
export const lambda = new LambdaClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 0, socketTimeout: 0 },
});
