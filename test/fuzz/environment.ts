import { vi } from 'vitest';
import { ENV } from '../../lambdas/domain/env.ts';
import { BUCKET, FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';

/** Sets, before it is loaded, what a handler of the API reads from its environment; what a variable yet to come is called, it is called so. */
export function setEnvironment(
  endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly lambda: string;
    readonly cloudWatch: string;
    readonly logs: string;
  },
  accessKeys: { readonly secret: string; readonly nonceTable: string } | undefined,
): void {
  // Metrics are lines on it, one for each task.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { accessKeysSecretArn, nonceTableName, ...others } = ENV;
  Object.assign(process.env, Object.fromEntries(Object.values(others).map((name) => [name, name])), {
    [ENV.taskTableName]: TASK_TABLE,
    [ENV.functionTableName]: FUNCTION_TABLE,
    [ENV.payloadBucketName]: BUCKET,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    AWS_ENDPOINT_URL_CLOUDWATCH: endpoints.cloudWatch,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoints.logs,
    ...(accessKeys && {
      [accessKeysSecretArn]: accessKeys.secret,
      [nonceTableName]: accessKeys.nonceTable,
    }),
  });
}
