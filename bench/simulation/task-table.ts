import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { TaskTable } from '../../lib/task-table.ts';
import type { TableDescription } from './capacity.ts';

interface Properties {
  readonly KeySchema: readonly Key[];
  readonly GlobalSecondaryIndexes: readonly {
    readonly IndexName: string;
    readonly KeySchema: readonly Key[];
    readonly Projection: { readonly NonKeyAttributes?: readonly string[] };
  }[];
}

interface Key {
  readonly AttributeName: string;
}

/** Returns the keys and indexes of the task table as it is deployed. */
export function taskTableDescription(): TableDescription {
  const stack = new Stack(new App(), 'Simulated');
  const { table } = new TaskTable(stack, 'Tasks', { removalPolicy: RemovalPolicy.DESTROY });
  const resource = table.node.defaultChild;
  if (!CfnGlobalTable.isCfnGlobalTable(resource)) throw new Error('the task table is no CfnGlobalTable');
  const { Resources } = stack.resolve(resource._toCloudFormation());
  const [{ Properties }] = Object.values(Resources) as [{ readonly Properties: Properties }];
  const keysOf = ([first, second]: readonly Key[]) => [
    first?.AttributeName ?? '',
    second?.AttributeName ?? '',
  ];
  return {
    key: keysOf(Properties.KeySchema)[0] ?? '',
    indexes: Properties.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => {
      const [partitionKey = '', sortKey = ''] = keysOf(KeySchema);
      return { name: IndexName, partitionKey, sortKey, projected: Projection.NonKeyAttributes ?? [] };
    }),
  };
}
