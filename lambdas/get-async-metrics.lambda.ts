import { apiOperation } from './api-operation.ts';
import { dynamoDb } from './aws/clients.ts';
import { cloudWatch } from './aws/cloudwatch-client.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { MetricReader } from './aws/metric-reader.ts';
import { ASYNC_METRIC_NAMES } from './domain/async-metrics.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { asyncMetricsFields, toAsyncMetrics, windowOf } from './http/async-metrics.ts';
import { checkQualifier } from './http/qualifier.ts';
import { parseFields } from './http/request.ts';
import { getAsyncMetrics } from './tasks/get-async-metrics.ts';

const service = requiredEnv(process.env, ENV.service);

const registry = new FunctionRegistry({
  client: dynamoDb,
  tableName: requiredEnv(process.env, ENV.functionTableName),
});

/** GetAsyncMetrics: ours. */
export const handler = apiOperation('GetAsyncMetrics', async (request, signal) => {
  const fields = parseFields(asyncMetricsFields, request.fields);
  const { functionName, metrics: names = ASYNC_METRIC_NAMES } = fields;
  checkQualifier(fields.qualifier, functionName);
  const metrics = await getAsyncMetrics(
    {
      registry,
      metrics: new MetricReader({ client: cloudWatch, signal }),
      service,
      clock: Date.now,
      signal,
    },
    { functionName, names, window: windowOf(fields, request.receivedTime) },
  );
  return { statusCode: 200, body: toAsyncMetrics(metrics) };
});
