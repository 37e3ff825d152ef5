import { AccessKeys } from './aws/access-keys.ts';
import { dynamoDb } from './aws/clients.ts';
import { NonceStore } from './aws/nonce-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import type { Access } from './http/access.ts';
import { readSignedRequest } from './http/acs3-signature.ts';
import { authorizeRequest } from './tasks/authorize-request.ts';

const accessKeys = new AccessKeys({ secretId: requiredEnv(process.env, ENV.accessKeysSecretArn) });
const tableName = requiredEnv(process.env, ENV.nonceTableName);

/** Takes the caller who signed a request with an access key that permits it. */
export const accessKeysAccess: Access = (event, routeName, signal) =>
  authorizeRequest(
    {
      accessKeys,
      nonces: new NonceStore({ client: dynamoDb, tableName, signal }),
      // When API Gateway received it: however late this instance comes to it, that is the time that its signer meant.
      clock: () => event.requestContext.timeEpoch,
      signal,
    },
    readSignedRequest(event, routeName),
  );
