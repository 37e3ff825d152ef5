import { Fn, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  AwsCustomResource,
  type AwsCustomResourceProps,
  type AwsSdkCall,
  PhysicalResourceId,
} from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { AsyncInvokeConfig } from '../lambdas/domain/async-invoke-config.ts';
import type { Scaling } from '../lambdas/domain/concurrency.ts';
import type { AllowedDestination } from '../lambdas/domain/destination.ts';
import { ENV } from '../lambdas/domain/env.ts';
import { DESTINATIONS_ROW, WORKFLOW_ROW_PREFIX } from '../lambdas/domain/storage-names.ts';
import type { RuntimeSettings } from '../lambdas/domain/task-function.ts';
import type { Workflow } from '../lambdas/domain/workflow.ts';
import { newLogGroup, writeLogs } from './bundled-function.ts';

export interface FunctionRegistryProps {
  readonly removalPolicy: RemovalPolicy;
}

/** What the registry learns of a function at each deployment. */
export interface RegisteredFunction {
  readonly functionName: string;
  readonly functionArn: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly eventSourceId: string;
  readonly logGroupName: string;
  readonly shardCount: number;
  readonly defaults: AsyncInvokeConfig;
  readonly scaling: Scaling;
  readonly instanceConcurrency: number;
}

/**
 * The table of the functions that take tasks. A deployment sets the deployed fields of its row only, so that what an
 * operator configured at run time stays. A removed function leaves a tombstone: its tasks can still be read.
 */
export class FunctionRegistry extends Construct {
  readonly table: TableV2;
  readonly #role: Role;
  readonly #logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: FunctionRegistryProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'functionName', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: props.removalPolicy,
    });
    this.#logGroup = newLogGroup(this, 'DeployLogs');
    this.#role = new Role(this, 'DeployRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.#role.addToPrincipalPolicy(writeLogs(this.#logGroup));
  }

  grantRead(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.functionTableName, this.table.tableName);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [this.table.tableArn] }),
    );
  }

  /** Lets a handler go through all functions. */
  grantList(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.functionTableName, this.table.tableName);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:Scan'], resources: [this.table.tableArn] }),
    );
  }

  /** Lets the sweep go through all functions, and forget those that are long gone. */
  grantSweep(grantee: LambdaFunction): void {
    this.grantList(grantee);
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [this.table.tableArn],
      }),
    );
  }

  /** Lets a function set one field of rows that there are, and reach no other: a queue's URL, say. */
  grantSet(grantee: LambdaFunction, setting: keyof RuntimeSettings): void {
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:UpdateItem'],
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['functionName', 'isDeleted', setting] },
          // Without these, what a write returns would show the whole row.
          StringEqualsIfExists: { 'dynamodb:ReturnValues': ['NONE', 'UPDATED_OLD', 'UPDATED_NEW'] },
        },
      }),
    );
  }

  /** Writes a function's row at deployment, and its tombstone at removal. */
  register(scope: Construct, id: string, registered: RegisteredFunction): void {
    const deployedBy = Fn.join('/', [Stack.of(scope).stackId, scope.node.addr]);
    this.#deploy(scope, id, {
      onUpdate: this.#call(registered.functionName, deployedRow(registered, deployedBy)),
      onDelete: {
        ...this.#call(registered.functionName, {
          UpdateExpression: 'SET isDeleted = :true',
          // A function that another construct or stack deployed since keeps its row.
          ConditionExpression: 'deployedBy = :deployedBy',
          ExpressionAttributeValues: { ':true': { BOOL: true }, ':deployedBy': { S: deployedBy } },
        }),
        ignoreErrorCodesMatching: 'ConditionalCheckFailed.*',
      },
    });
  }

  /** Writes the list of the destinations that may be told, as it is when the app is synthesized. */
  registerDestinations(scope: Construct, id: string, allowed: () => readonly AllowedDestination[]): void {
    this.#deploy(scope, id, {
      onUpdate: this.#call(DESTINATIONS_ROW, {
        UpdateExpression: 'SET allowed = :allowed',
        ExpressionAttributeValues: { ':allowed': Lazy.any({ produce: () => attribute(allowed()) }) },
      }),
    });
  }

  /** Writes a workflow's row at deployment, and removes it with the workflow. */
  registerWorkflow(scope: Construct, id: string, { workflowName, ...deployed }: Workflow): void {
    const deployedBy = Fn.join('/', [Stack.of(scope).stackId, scope.node.addr]);
    const key = `${WORKFLOW_ROW_PREFIX}${workflowName}`;
    this.#deploy(scope, id, {
      onUpdate: this.#call(key, {
        UpdateExpression:
          'SET stateMachineArn = :stateMachineArn, isExpress = :isExpress, deployedBy = :deployedBy',
        ExpressionAttributeValues: {
          ':stateMachineArn': attribute(deployed.stateMachineArn),
          ':isExpress': attribute(deployed.isExpress),
          ':deployedBy': attribute(deployedBy),
        },
      }),
      onDelete: {
        ...this.#call(key, {
          // A workflow that another construct or stack deployed since keeps its row.
          ConditionExpression: 'deployedBy = :deployedBy',
          ExpressionAttributeValues: { ':deployedBy': attribute(deployedBy) },
        }),
        action: 'DeleteItem',
        ignoreErrorCodesMatching: 'ConditionalCheckFailed.*',
      },
    });
  }

  /** Has CloudFormation make calls that write the table. */
  #deploy(scope: Construct, id: string, calls: Pick<AwsCustomResourceProps, 'onUpdate' | 'onDelete'>): void {
    const resource = new AwsCustomResource(scope, id, {
      ...calls,
      role: this.#role,
      logGroup: this.#logGroup,
      installLatestAwsSdk: false,
    });
    for (const action of new Set([calls.onUpdate?.action, calls.onDelete?.action])) {
      if (action === undefined) continue;
      const resources = [this.table.tableArn];
      const statement = new PolicyStatement({ actions: [`dynamodb:${action}`], resources });
      const { policyDependable } = resource.grantPrincipal.addToPrincipalPolicy(statement);
      if (policyDependable) resource.node.addDependency(policyDependable);
    }
  }

  #call(functionName: string, update: object): AwsSdkCall {
    return {
      service: 'DynamoDB',
      action: 'UpdateItem',
      parameters: { TableName: this.table.tableName, Key: { functionName: { S: functionName } }, ...update },
      physicalResourceId: PhysicalResourceId.of(functionName),
    };
  }
}

/** The update that sets what was deployed and leaves every other field of the row alone. */
function deployedRow(registered: RegisteredFunction, deployedBy: string): object {
  const { functionName, ...deployed } = registered;
  const { shardCount } = registered;
  const fields = { ...deployed, deployedBy };
  const names = Object.keys(fields);
  return {
    // shardCounts keeps every count there ever was: rows of tasks live longer than a deployment.
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')} REMOVE isDeleted, deletedTime ADD shardCounts :counts`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`:${name}`, attribute(value)])),
      ':counts': { NS: [String(shardCount)] },
    },
  };
}

/** A value as DynamoDB's API writes it. */
function attribute(value: unknown): object {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  return {
    M: Object.fromEntries(Object.entries(value ?? {}).map(([name, part]) => [name, attribute(part)])),
  };
}
