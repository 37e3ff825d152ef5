import { apiOperation } from './api-operation.ts';
import { TaskModeError } from './domain/errors.ts';

/** Answers every path and method that is no operation, in the contract's error shape. */
export const handler = apiOperation('UnknownRoute', async ({ method, path }) => {
  throw new TaskModeError('PathNotSupported', `'${path}' against '${method}' is not supported`);
});
