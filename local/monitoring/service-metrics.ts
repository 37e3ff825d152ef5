import type { Invocation } from '../functions/lambda-service.ts';
import type { AnsweredRequest } from '../gateway/gateway.ts';
import type { MetricStore } from './metric-store.ts';

/** Counts an invocation as AWS/Lambda does: for its function and for all, at the instant when it began. */
export function recordInvocation(store: MetricStore, invocation: Invocation): void {
  const { functionName, startTime, durationMs, isError, ownConcurrency, totalConcurrency } = invocation;
  const values = {
    Invocations: 1,
    Errors: Number(isError),
    Throttles: 0,
    Duration: durationMs,
  };
  const record = (dimensions: Record<string, string>, ConcurrentExecutions: number) => {
    for (const [name, value] of Object.entries({ ...values, ConcurrentExecutions })) {
      store.record({ namespace: 'AWS/Lambda', name, dimensions }, value, startTime);
    }
  };
  record({ FunctionName: functionName }, ownConcurrency);
  record({}, totalConcurrency);
}

/** Counts an invocation that was refused, which is none of the Invocations. */
export function recordThrottle(store: MetricStore, functionName: string): void {
  for (const dimensions of [{ FunctionName: functionName }, {}]) {
    store.record({ namespace: 'AWS/Lambda', name: 'Throttles', dimensions }, 1);
  }
}

/** Counts a request as AWS/ApiGateway does of an HTTP API. */
export function recordRequest(store: MetricStore, { apiId, statusCode, latencyMs }: AnsweredRequest): void {
  const values = {
    Count: 1,
    '4xx': Number(statusCode >= 400 && statusCode < 500),
    '5xx': Number(statusCode >= 500),
    Latency: latencyMs,
  };
  for (const dimensions of [{ ApiId: apiId }, { ApiId: apiId, Stage: '$default' }]) {
    for (const [name, value] of Object.entries(values)) {
      store.record({ namespace: 'AWS/ApiGateway', name, dimensions }, value);
    }
  }
}
