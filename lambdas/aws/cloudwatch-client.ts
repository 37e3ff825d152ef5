import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CALL } from './clients.ts';

/** By which metrics and alarms are read; in a file of its own, since one bundle needs it. */
export const cloudWatch = new CloudWatchClient(CALL);
