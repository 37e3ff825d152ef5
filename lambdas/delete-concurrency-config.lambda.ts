import { apiOperation } from './api-operation.ts';
import { functionFields } from './http/config-schemas.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { putConcurrency } from './tasks/put-concurrency.ts';

/** DeleteConcurrencyConfig (FC contract section 2): what was deployed holds again. */
export const handler = apiOperation('DeleteConcurrencyConfig', async (request, signal) => {
  const { functionName } = parseFields(functionFields, request.fields);
  await putConcurrency(new SettingsAdapters(signal), functionName, undefined);
  return { statusCode: 204 };
});
