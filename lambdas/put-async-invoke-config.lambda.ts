import { apiOperation } from './api-operation.ts';
import { toAsyncConfig, toConfigChange } from './http/async-config.ts';
import { functionFields, putAsyncInvokeConfigBody } from './http/config-schemas.ts';
import { parseBody } from './http/json-body.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { SettingsAdapters } from './settings-adapters.ts';
import { putAsyncInvokeConfig } from './tasks/put-async-invoke-config.ts';

/** PutAsyncInvokeConfig (FC contract section 8). */
export const handler = apiOperation('PutAsyncInvokeConfig', async (request, signal) => {
  const { functionName, qualifier } = parseFields(functionFields, request.fields);
  checkQualifier(qualifier, functionName);
  const change = toConfigChange(parseBody(putAsyncInvokeConfigBody, request.body));
  const record = await putAsyncInvokeConfig(new SettingsAdapters(signal), functionName, change);
  return { statusCode: 200, body: toAsyncConfig(record) };
});
