import { dynamoDb } from './aws/clients.ts';
import { Executions } from './aws/executions.ts';
import { WorkflowRegistry } from './aws/workflow-registry.ts';
import { ENV, requiredEnv } from './domain/env.ts';

/** The adapters of one request about workflows: each of their calls ends at the request's deadline. */
export class WorkflowAdapters {
  readonly workflows: WorkflowRegistry;
  readonly executions: Executions;
  readonly clock = Date.now;

  constructor(signal: AbortSignal) {
    const tableName = requiredEnv(process.env, ENV.functionTableName);
    this.workflows = new WorkflowRegistry({ client: dynamoDb, tableName, signal });
    this.executions = new Executions({ signal });
  }
}
