// The same GetItem in Node, as its users write it: SDK v3, the client made at the start.

import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const dynamodb = new DynamoDBClient({});

export async function handler({ key }) {
  const { Item } = await dynamodb.send(
    new GetItemCommand({
      TableName: process.env.TABLE,
      Key: { pk: { S: key.pk }, sk: { S: key.sk } },
      ConsistentRead: true,
    }),
  );
  return { statusCode: Item ? 200 : 404, body: JSON.stringify(Item) };
}
