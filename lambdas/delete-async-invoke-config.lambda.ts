import { apiOperation } from './api-operation.ts';
import { functionFields } from './http/config-schemas.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { deleteAsyncInvokeConfig } from './tasks/delete-async-invoke-config.ts';

/** DeleteAsyncInvokeConfig (FC contract section 8). */
export const handler = apiOperation('DeleteAsyncInvokeConfig', async (request, signal) => {
  const { functionName, qualifier } = parseFields(functionFields, request.fields);
  checkQualifier(qualifier, functionName);
  await deleteAsyncInvokeConfig(new SettingsAdapters(signal), functionName);
  return { statusCode: 204 };
});
