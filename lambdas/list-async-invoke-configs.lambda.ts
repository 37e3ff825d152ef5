import { apiOperation } from './api-operation.ts';
import { toAsyncConfig } from './http/async-config.ts';
import { listConfigsFields } from './http/config-schemas.ts';
import { fromFunctionsToken, toFunctionsToken } from './http/next-token.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { listFunctions } from './tasks/list-functions.ts';

/** ListAsyncInvokeConfigs (FC contract section 2): of the functions whose configuration was put. */
export const handler = apiOperation('ListAsyncInvokeConfigs', async (request, signal) => {
  const { functionName, limit, nextToken } = parseFields(listConfigsFields, request.fields);
  const filter = { lists: 'async-invoke-configs', functionName };
  const page = await listFunctions(
    new SettingsAdapters(signal),
    { functionName, limit, after: fromFunctionsToken(nextToken, filter) },
    ({ runtimeConfig }) => runtimeConfig !== undefined,
  );
  const configs = page.functions.map(toAsyncConfig);
  return { statusCode: 200, body: { configs, nextToken: toFunctionsToken(page.readTo, filter) } };
});
