import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { WORKFLOW_OPERATION_NAMES, type WorkflowOperationName } from '../lambdas/domain/operations.ts';
import type { BundledFunction } from './bundled-function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import type { TaskApi } from './task-api.ts';
import type { TaskTable } from './task-table.ts';
import type { TaskWorkflow } from './task-workflow.ts';

/** The parts of TaskMode that the API uses for workflows. */
export interface WorkflowApiParts {
  readonly api: TaskApi;
  readonly registry: FunctionRegistry;
  readonly taskTable: TaskTable;
}

type WorkflowFunctions = Readonly<Record<WorkflowOperationName, BundledFunction>>;

/** The operations on workflows: each is six resources of the 500 that a stack may have, so there are none without a workflow. */
export class WorkflowApi {
  readonly #parts: WorkflowApiParts;
  #functions: WorkflowFunctions | undefined;

  constructor(parts: WorkflowApiParts) {
    this.#parts = parts;
  }

  /** Has callers start a workflow by its name and, unless it is Express, see and stop its executions. */
  add(workflow: TaskWorkflow): void {
    this.#functions ??= this.#addOperations();
    const {
      StartWorkflowExecution,
      ListWorkflowExecutions,
      GetWorkflowExecution,
      StopWorkflowExecution,
      GetWorkflowExecutionHistory,
    } = this.#functions;
    const { workflowName, stateMachineArn, isExpress } = workflow;
    this.#parts.registry.registerWorkflow(workflow, 'Registration', {
      workflowName,
      stateMachineArn,
      isExpress,
    });
    grantMachine(StartWorkflowExecution, workflow, 'states:StartExecution');
    // Of the executions of Express workflows there is no record.
    if (isExpress) return;
    grantMachine(ListWorkflowExecutions, workflow, 'states:ListExecutions');
    workflow.grantOnExecutions(StartWorkflowExecution, 'states:DescribeExecution');
    workflow.grantOnExecutions(GetWorkflowExecution, 'states:DescribeExecution');
    workflow.grantOnExecutions(StopWorkflowExecution, 'states:DescribeExecution', 'states:StopExecution');
    workflow.grantOnExecutions(GetWorkflowExecutionHistory, 'states:GetExecutionHistory');
  }

  #addOperations(): WorkflowFunctions {
    const { api, registry, taskTable } = this.#parts;
    // TypeScript does not keep the names of a list through fromEntries: they are the table's.
    const functions = Object.fromEntries(
      WORKFLOW_OPERATION_NAMES.map((name) => [name, api.addOperation(name)]),
    ) as WorkflowFunctions;
    for (const handler of Object.values(functions)) registry.grantRead(handler);
    registry.grantList(functions.ListWorkflows);
    taskTable.grantReadMany(functions.GetWorkflowExecutionHistory);
    return functions;
  }
}

function grantMachine(grantee: BundledFunction, { stateMachineArn }: TaskWorkflow, action: string): void {
  grantee.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [stateMachineArn] }));
}
