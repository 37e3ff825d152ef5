import { TaskModeError } from './domain/errors.ts';
import { logFault } from './http/fault-log.ts';
import { apiHandler } from './http/operation.ts';

/** Answers every path and method that is no operation, in the contract's error shape. */
export const handler = apiHandler(async ({ method, path }) => {
  throw new TaskModeError('PathNotSupported', `'${path}' against '${method}' is not supported`);
}, logFault);
