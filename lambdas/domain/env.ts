/** The names of the environment variables by which the constructs tell the functions what they deployed. */
export const ENV = {
  taskTableName: 'TASK_TABLE_NAME',
  functionTableName: 'FUNCTION_TABLE_NAME',
  payloadBucketName: 'PAYLOAD_BUCKET_NAME',
  service: 'TASK_MODE_SERVICE',
  functionName: 'TASK_FUNCTION_NAME',
  queueUrl: 'TASK_QUEUE_URL',
  timeoutSeconds: 'TASK_TIMEOUT_SECONDS',
  targetArn: 'TASK_TARGET_ARN',
  stop: 'TASK_STOP',
  leaseSeconds: 'TASK_LEASE_SECONDS',
  hasHeartbeats: 'TASK_HAS_HEARTBEATS',
  stopGraceSeconds: 'TASK_STOP_GRACE_SECONDS',
  shardCount: 'TASK_SHARD_COUNT',
  followUpQueueUrl: 'TASK_FOLLOW_UP_QUEUE_URL',
  webhookQueueUrl: 'TASK_WEBHOOK_QUEUE_URL',
  followUpDeadLetterQueueUrl: 'TASK_FOLLOW_UP_DEAD_LETTER_QUEUE_URL',
  bulkJobQueueUrl: 'TASK_BULK_JOB_QUEUE_URL',
  accessKeysSecretArn: 'ACCESS_KEYS_SECRET_ARN',
  nonceTableName: 'NONCE_TABLE_NAME',
  alarmWebhooks: 'TASK_ALARM_WEBHOOKS',
  allowsLocalWebhooks: 'TASK_ALLOWS_LOCAL_WEBHOOKS',
  submitRate: 'TASK_SUBMIT_RATE',
  submitBurst: 'TASK_SUBMIT_BURST',
  submitCountTableName: 'TASK_SUBMIT_COUNT_TABLE_NAME',
} as const;

export type EnvName = (typeof ENV)[keyof typeof ENV];

/**
 * Reads a variable that the constructs always set.
 * @throws Error when it is missing: the function was not deployed by our construct.
 */
export function requiredEnv(env: Readonly<Record<string, string | undefined>>, name: EnvName): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new Error(
      `environment variable ${name} is not set: deploy this function with the TaskMode construct`,
    );
  }
  return value;
}
