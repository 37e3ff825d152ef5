import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';

/** Every item of a table, by its key, as text that can be compared. */
export async function itemsOf(client: DynamoDBClient, tableName: string): Promise<Map<string, string>> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  return new Map(
    Items.map((item) => [
      item.pk?.S ?? item.functionName?.S ?? item.nonceId?.S ?? '',
      JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))),
    ]),
  );
}
