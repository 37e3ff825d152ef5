import { apiOperation } from './api-operation.ts';
import { toAsyncConfig } from './http/async-config.ts';
import { functionFields } from './http/config-schemas.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { getAsyncInvokeConfig } from './tasks/get-async-invoke-config.ts';

/** GetAsyncInvokeConfig (FC contract section 8). */
export const handler = apiOperation('GetAsyncInvokeConfig', async (request, signal) => {
  const { functionName, qualifier } = parseFields(functionFields, request.fields);
  checkQualifier(qualifier, functionName);
  const record = await getAsyncInvokeConfig(new SettingsAdapters(signal), functionName);
  return { statusCode: 200, body: toAsyncConfig(record) };
});
