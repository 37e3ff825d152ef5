import { apiOperation } from './api-operation.ts';
import { toConcurrencyConfig } from './http/concurrency-config.ts';
import { functionFields, putConcurrencyBody } from './http/config-schemas.ts';
import { parseBody } from './http/json-body.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { putConcurrency } from './tasks/put-concurrency.ts';

/** PutConcurrencyConfig (FC contract section 2). */
export const handler = apiOperation('PutConcurrencyConfig', async (request, signal) => {
  const { functionName } = parseFields(functionFields, request.fields);
  const { reservedConcurrency } = parseBody(putConcurrencyBody, request.body);
  const record = await putConcurrency(new SettingsAdapters(signal), functionName, reservedConcurrency);
  return { statusCode: 200, body: toConcurrencyConfig(record) };
});
