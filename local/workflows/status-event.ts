import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** Above this, input and output together are left out: an event of EventBridge has 256 KB (Step Functions developer guide). */
const MAX_DATA_BYTES = 248 * 1024;

/** An event as EventBridge delivers it. */
export interface StatusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly source: 'aws.states';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

/** Makes the event by which Step Functions announces that an execution has started or ended. */
export function statusEvent(record: ExecutionRecord, region: string, account: string): StatusEvent {
  const { arn, machineArn, name, status, startMs, stopMs, input, output, error, cause } = record;
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? '') <= MAX_DATA_BYTES;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account,
    time: new Date(stopMs ?? startMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      name,
      status,
      startDate: startMs,
      stopDate: stopMs ?? null,
      input: included ? input : null,
      inputDetails: { included },
      output: included ? (output ?? null) : null,
      outputDetails: output === undefined ? null : { included },
      error: error ?? null,
      cause: cause ?? null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'The local runtime redrives no execution',
    },
  };
}
