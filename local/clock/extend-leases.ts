import {
  DescribeTableCommand,
  type DynamoDBClient,
  paginateScan,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';

/** The attribute by which a row says until when somebody is believed to be at work on it, in epoch milliseconds. */
const LEASE_ATTRIBUTE = 'leaseUntil';

const CONDITION_FAILED = 'ConditionalCheckFailedException';

/** An advance of the clock, in epoch milliseconds. */
export interface Advance {
  readonly from: number;
  readonly to: number;
}

/** Has leases that an advance of the clock has ended last as long after it as they would have lasted before. */
export async function extendLeases(
  dynamodb: DynamoDBClient,
  tableName: string,
  { from, to }: Advance,
): Promise<void> {
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  const keyNames = (Table?.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []);
  const pages = paginateScan(
    { client: dynamodb },
    {
      TableName: tableName,
      ConsistentRead: true,
      FilterExpression: '#lease >= :since AND #lease < :until',
      ExpressionAttributeNames: { '#lease': LEASE_ATTRIBUTE },
      ExpressionAttributeValues: { ':since': { N: String(from) }, ':until': { N: String(to) } },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      const Key = Object.fromEntries(keyNames.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
      const lease = Number(item[LEASE_ATTRIBUTE]?.N);
      const extended = new UpdateItemCommand({
        TableName: tableName,
        Key,
        UpdateExpression: 'SET #lease = :extended',
        // Whoever has written since has written the new time, or there is nothing to be at work on any more.
        ConditionExpression: '#lease = :lease',
        ExpressionAttributeNames: { '#lease': LEASE_ATTRIBUTE },
        ExpressionAttributeValues: {
          ':lease': { N: String(lease) },
          ':extended': { N: String(lease + to - from) },
        },
      });
      await dynamodb.send(extended).catch((error: Error) => {
        if (error.name !== CONDITION_FAILED) throw error;
      });
    }
  }
}
