import { ApiAdapters } from './api-adapters.ts';
import { apiOperation } from './api-operation.ts';
import { listFunctionsFields, toFunction } from './http/functions.ts';
import { fromFunctionsToken, toFunctionsToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { countTasks } from './tasks/count-tasks.ts';

/** ListFunctions: the contract has it, and the counts are ours. */
export const handler = apiOperation('ListFunctions', async (request, signal) => {
  const { prefix, limit, nextToken } = parseFields(listFunctionsFields, request.fields);
  const filter = { lists: 'functions', functionName: prefix };
  const after = fromFunctionsToken(nextToken, filter);
  const page = await countTasks(new ApiAdapters(signal), { prefix, limit, after });
  const functions = page.functions.map(toFunction);
  return { statusCode: 200, body: { functions, nextToken: toFunctionsToken(page.readTo, filter) } };
});
