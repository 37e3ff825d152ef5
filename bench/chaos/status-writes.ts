import { isTaskStatus, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';

/** A write that the table took, by which a task entered a status: its start apart, which is no move. */
export interface StatusWrite {
  readonly pid: number;
  readonly status: TaskStatus;
}

interface Attribute {
  readonly S?: string;
}

/** Reads from a request to DynamoDB whether it is such a write, and whose. */
export function statusWriteIn(operation: string, userAgent: string, body: string): StatusWrite | undefined {
  const status = statusIn(operation, body);
  const pid = Number(/\bapp\/pid-(\d+)/.exec(userAgent)?.[1]);
  return status === undefined || Number.isNaN(pid) ? undefined : { pid, status };
}

function statusIn(operation: string, body: string): TaskStatus | undefined {
  if (operation === 'PutItem') {
    const { Item = {} } = JSON.parse(body) as { Item?: Record<string, Attribute> };
    return known(Item.status);
  }
  if (operation !== 'UpdateItem' || !body.includes('":new_writeId"')) return undefined;
  const { ExpressionAttributeValues = {} } = JSON.parse(body) as {
    ExpressionAttributeValues?: Record<string, Attribute>;
  };
  return known(ExpressionAttributeValues[':new_status']);
}

function known(attribute: Attribute | undefined): TaskStatus | undefined {
  return attribute?.S !== undefined && isTaskStatus(attribute.S) ? attribute.S : undefined;
}
