import { apiOperation } from './api-operation.ts';
import { toConcurrencyConfig } from './http/concurrency-config.ts';
import { listConfigsFields } from './http/config-schemas.ts';
import { fromFunctionsToken, toFunctionsToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { listFunctions } from './tasks/list-functions.ts';

/** ListConcurrencyConfigs (FC contract section 2): of every function, each has one. */
export const handler = apiOperation('ListConcurrencyConfigs', async (request, signal) => {
  const { functionName, limit, nextToken } = parseFields(listConfigsFields, request.fields);
  const filter = { lists: 'concurrency-configs', functionName };
  const after = fromFunctionsToken(nextToken, filter);
  const page = await listFunctions(new SettingsAdapters(signal), { functionName, limit, after }, () => true);
  const configs = page.functions.map(toConcurrencyConfig);
  return { statusCode: 200, body: { configs, nextToken: toFunctionsToken(page.readTo, filter) } };
});
