import type { RouteName } from './domain/operations.ts';
import { iamAccess } from './http/access.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler, type Operation } from './http/operation.ts';

/** Makes the handler of an API Gateway route: the only way to make one, so that none goes without its access check. */
export function apiOperation(routeName: RouteName, operation: Operation) {
  return apiHandler({ routeName, access: iamAccess, operation, logFault });
}
