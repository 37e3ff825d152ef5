import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { TaskModeError } from './domain/errors.ts';
import { toAsyncTask } from './http/async-task.ts';
import { fromNextToken, toNextToken } from './http/next-token.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { listAsyncTasksFields } from './http/schemas.ts';
import { listTasks } from './tasks/list-tasks.ts';

/** ListAsyncTasks (FC contract section 6). */
export const handler = apiOperation('ListAsyncTasks', async (request, signal) => {
  const fields = parseFields(listAsyncTasksFields, request.fields);
  const { functionName, qualifier, startedTimeBegin, startedTimeEnd } = fields;
  checkQualifier(qualifier, functionName);
  if (startedTimeBegin > startedTimeEnd) {
    throw new TaskModeError(
      'InvalidArgument',
      `startedTimeBegin must not be after startedTimeEnd (${startedTimeEnd}), got "${startedTimeBegin}"`,
    );
  }
  const { tasks, readTo } = await listTasks(new ApiAdapters(signal), {
    functionName,
    status: fields.status,
    prefix: fields.prefix === '' ? undefined : fields.prefix,
    begin: startedTimeBegin,
    end: startedTimeEnd,
    order: fields.sortOrderByTime,
    limit: fields.limit,
    includePayload: fields.includePayload === 'true',
    after: fromNextToken(fields.nextToken, fields),
  });
  return { statusCode: 200, body: { tasks: tasks.map(toAsyncTask), nextToken: toNextToken(readTo, fields) } };
});
