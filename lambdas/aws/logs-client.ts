import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CALL } from './clients.ts';

/** By which logs are read; in a file of its own, since one bundle needs it. */
export const cloudWatchLogs = new CloudWatchLogsClient(CALL);
