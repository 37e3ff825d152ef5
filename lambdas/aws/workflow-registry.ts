import { type DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { WORKFLOW_ROW_PREFIX } from '../domain/storage-names.ts';
import type { Workflow } from '../domain/workflow.ts';
import { callAws } from './faults.ts';
import { toAttributes } from './task-item.ts';

export interface WorkflowRegistryOptions {
  readonly client: DynamoDBClient;
  /** The function table: a workflow is a row of its own there. */
  readonly tableName: string;
  readonly signal?: AbortSignal;
}

/** The workflows that are deployed. */
export class WorkflowRegistry {
  readonly #options: WorkflowRegistryOptions;
  readonly #call: { abortSignal?: AbortSignal };

  constructor(options: WorkflowRegistryOptions) {
    this.#options = options;
    this.#call = options.signal ? { abortSignal: options.signal } : {};
  }

  async find(workflowName: string): Promise<Workflow | undefined> {
    const { client, tableName } = this.#options;
    const command = new GetItemCommand({
      TableName: tableName,
      Key: toAttributes({ functionName: `${WORKFLOW_ROW_PREFIX}${workflowName}` }),
    });
    const { Item } = await callAws('DynamoDB', () => client.send(command, this.#call));
    return Item && toWorkflow(unmarshall(Item));
  }

  async list(): Promise<Workflow[]> {
    const { client, tableName } = this.#options;
    const query = {
      TableName: tableName,
      FilterExpression: 'begins_with(functionName, :prefix)',
      ExpressionAttributeValues: toAttributes({ ':prefix': WORKFLOW_ROW_PREFIX }),
    };
    const workflows: Workflow[] = [];
    await callAws('DynamoDB', async () => {
      for await (const { Items = [] } of paginateScan({ client }, query, this.#call)) {
        workflows.push(...Items.map((item) => toWorkflow(unmarshall(item))));
      }
    });
    return workflows;
  }
}

function toWorkflow({ functionName, stateMachineArn, isExpress }: ReturnType<typeof unmarshall>): Workflow {
  if (typeof stateMachineArn !== 'string') {
    throw new Error(`row "${functionName}" of the function table is no registered workflow`);
  }
  const workflowName = String(functionName).slice(WORKFLOW_ROW_PREFIX.length);
  return { workflowName, stateMachineArn, isExpress: isExpress === true };
}
