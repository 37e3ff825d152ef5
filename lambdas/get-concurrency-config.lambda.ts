import { apiOperation } from './api-operation.ts';
import { toCurrentConcurrencyConfig } from './http/concurrency-config.ts';
import { functionFields } from './http/config-schemas.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { getConcurrency } from './tasks/get-concurrency.ts';

/** GetConcurrencyConfig (FC contract section 2). */
export const handler = apiOperation('GetConcurrencyConfig', async (request, signal) => {
  const { functionName } = parseFields(functionFields, request.fields);
  const concurrency = await getConcurrency(new SettingsAdapters(signal), functionName);
  return { statusCode: 200, body: toCurrentConcurrencyConfig(concurrency) };
});
