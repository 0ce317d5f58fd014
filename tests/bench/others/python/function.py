"""The same GetItem in Python, as its users write it: boto3, the client made at the start."""

import json
import os

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    key = event["key"]
    answer = dynamodb.get_item(
        TableName=os.environ["TABLE"],
        Key={"pk": {"S": key["pk"]}, "sk": {"S": key["sk"]}},
        ConsistentRead=True,
    )
    item = answer.get("Item")
    return {"statusCode": 200 if item else 404, "body": json.dumps(item, ensure_ascii=False)}
