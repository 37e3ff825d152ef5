import type { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import {
  BULK_JOB_ROW_PREFIX,
  BULK_JOB_TIME_SHARD_PREFIX,
  KEPT_END_ATTRIBUTES,
  KEPT_END_MARK,
  RUN_ATTRIBUTES,
  TASK_INDEXES,
} from '../lambdas/domain/storage-names.ts';

export interface TaskTableProps {
  readonly removalPolicy: RemovalPolicy;
}

/** The rows of the tasks: the truth about each, for 7 days after it ended. */
export class TaskTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: TaskTableProps) {
    super(scope, id);
    const sortKey = { name: 'sortKey', type: AttributeType.STRING };
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: props.removalPolicy,
      globalSecondaryIndexes: [
        {
          indexName: TASK_INDEXES.byTime,
          partitionKey: { name: 'timeShard', type: AttributeType.STRING },
          sortKey,
          projectionType: ProjectionType.KEYS_ONLY,
        },
        {
          indexName: TASK_INDEXES.byState,
          partitionKey: { name: 'stateShard', type: AttributeType.STRING },
          sortKey,
          // Each of these changes only in a write that moves the entry anyway: a heartbeat writes no index entry.
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: ['status', 'lookFrom', 'wakeTime'],
        },
        {
          indexName: TASK_INDEXES.byWakeTime,
          // Only submits write it: no role that runs user code can put an entry there.
          partitionKey: { name: 'timeShard', type: AttributeType.STRING },
          sortKey: { name: 'wakeTime', type: AttributeType.NUMBER },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
  }

  /** Lets a function create tasks, and read the one that was there first. */
  grantCreate(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:PutItem', 'dynamodb:GetItem']);
  }

  /** Lets a function create tasks, read them and move them on. */
  grantAttach(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem']);
  }

  grantRead(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:GetItem']);
  }

  /** Lets a function read many tasks at once, by their keys. */
  grantReadMany(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:BatchGetItem']);
  }

  /** Lets a function read tasks and move them on. */
  grantMove(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  }

  /** Lets a follow-up function note how deliveries go, and remove kept ends, which are no tasks. */
  grantFollowUp(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    this.#grantKeys(grantee, ['DeleteItem'], this.table.tableArn, `*#${KEPT_END_MARK}*`);
  }

  grantList(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:BatchGetItem']);
    this.#grantQuery(grantee, [TASK_INDEXES.byTime, TASK_INDEXES.byState]);
  }

  /** Lets a function count the tasks of each state. */
  grantCount(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.taskTableName, this.table.tableName);
    this.#grantQuery(grantee, [TASK_INDEXES.byState]);
  }

  /** Lets a function reach the rows of bulk jobs, and of no task. */
  grantBulkJobs(grantee: LambdaFunction, ...actions: ('PutItem' | 'GetItem' | 'UpdateItem')[]): void {
    grantee.addEnvironment(ENV.taskTableName, this.table.tableName);
    this.#grantKeys(grantee, actions, this.table.tableArn, `${BULK_JOB_ROW_PREFIX}*`);
  }

  /** Lets a function list bulk jobs. */
  grantListBulkJobs(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.taskTableName, this.table.tableName);
    this.#grantKeys(grantee, ['BatchGetItem'], this.table.tableArn, `${BULK_JOB_ROW_PREFIX}*`);
    const index = `${this.table.tableArn}/index/${TASK_INDEXES.byTime}`;
    this.#grantKeys(grantee, ['Query'], index, `${BULK_JOB_TIME_SHARD_PREFIX}*`);
  }

  /** Lets who does bulk jobs find tasks, and move them and the jobs on. */
  grantBulkWork(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem']);
    this.#grantQuery(grantee, [TASK_INDEXES.byState]);
  }

  /** Lets the sweep find the tasks that need somebody, and move them. */
  grantSweep(grantee: LambdaFunction): void {
    this.#grant(grantee, ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem']);
    this.#grantQuery(grantee, [TASK_INDEXES.byState, TASK_INDEXES.byWakeTime]);
  }

  /**
   * Lets a worker, which runs the user's code, read the rows of its own function, write those attributes of them that a run
   * writes, and keep ends. What submits and follow-ups write, it may neither write nor name in a condition.
   */
  grantRun(grantee: LambdaFunction, functionName: string): void {
    grantee.addEnvironment(ENV.taskTableName, this.table.tableName);
    const { tableArn } = this.table;
    this.#grantKeys(grantee, ['GetItem'], tableArn, `${functionName}#*`);
    this.#grantKeys(grantee, ['UpdateItem'], tableArn, `${functionName}#*`, RUN_ATTRIBUTES);
    const ends = `${functionName}#${KEPT_END_MARK}*`;
    this.#grantKeys(grantee, ['UpdateItem'], tableArn, ends, KEPT_END_ATTRIBUTES);
  }

  /** Lets a function reach those rows or entries only whose keys are like this, and these attributes of them. */
  #grantKeys(
    grantee: LambdaFunction,
    actions: readonly string[],
    resource: string,
    keys: string,
    attributes?: readonly string[],
  ): void {
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [resource],
        conditions: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [keys] },
          ...(attributes && { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...attributes] } }),
        },
      }),
    );
  }

  #grantQuery(grantee: LambdaFunction, indexes: readonly string[]): void {
    const resources = indexes.map((index) => `${this.table.tableArn}/index/${index}`);
    grantee.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:Query'], resources }));
  }

  #grant(grantee: LambdaFunction, actions: string[]): void {
    grantee.addEnvironment(ENV.taskTableName, this.table.tableName);
    grantee.addToRolePolicy(new PolicyStatement({ actions, resources: [this.table.tableArn] }));
  }
}
