import { LambdaClient } from '@aws-sdk/client-lambda';
import { CALL } from './clients.ts';

export { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';

/**
 * By which event sources are read and changed. Calls are repeated here, unlike those of lambda-client.ts: they say how
 * something is to be. The file names the commands that it needs, so that a bundle which loads it late has no others.
 */
export const eventSourceClient = new LambdaClient(CALL);
