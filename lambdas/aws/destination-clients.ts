import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SNSClient } from '@aws-sdk/client-sns';
import { CALL } from './clients.ts';

/**
 * By which destinations other than queues are told; in a file of its own, since only the follow-up function bundles it.
 * Each loads when the first destination of its kind needs it.
 */
let sns: Promise<SNSClient> | undefined;
let lambda: Promise<LambdaClient> | undefined;
let eventBridge: Promise<EventBridgeClient> | undefined;

export function snsClient(): Promise<SNSClient> {
  sns ??= import('@aws-sdk/client-sns').then(({ SNSClient }) => new SNSClient(CALL));
  return sns;
}

/** Repeats a call that AWS did not answer, unlike the one in lambda-client.ts: an asynchronous one may come twice. */
export function eventLambdaClient(): Promise<LambdaClient> {
  lambda ??= import('@aws-sdk/client-lambda').then(({ LambdaClient }) => new LambdaClient(CALL));
  return lambda;
}

export function eventBridgeClient(): Promise<EventBridgeClient> {
  eventBridge ??= import('@aws-sdk/client-eventbridge').then(
    ({ EventBridgeClient }) => new EventBridgeClient(CALL),
  );
  return eventBridge;
}
