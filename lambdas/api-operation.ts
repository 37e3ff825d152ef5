import { withCallTimes } from './aws/call-times.ts';
import { ENV } from './domain/env.ts';
import type { RouteName } from './domain/operations.ts';
import { type Access, iamAccess } from './http/access.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler, type Operation } from './http/operation.ts';

/** Loads while the function initializes; under IAM nothing of it is loaded. */
const accessKeys = process.env[ENV.accessKeysSecretArn] ? import('./access-keys-access.ts') : undefined;

const access: Access = accessKeys
  ? async (...request) => (await accessKeys).accessKeysAccess(...request)
  : iamAccess;

/** Makes the handler of an API Gateway route: the only way to make one, so that none goes without its access check. */
export function apiOperation(routeName: RouteName, operation: Operation) {
  return apiHandler({ routeName, access, operation, logFault, callTimes: withCallTimes });
}
