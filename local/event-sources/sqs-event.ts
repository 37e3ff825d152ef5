import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { isJsonObject, type Json, shown } from '../json.ts';

/** The event that Lambda makes of a batch of SQS messages. */
export function sqsEvent(messages: readonly Message[], queueArn: string, awsRegion: string): object {
  return {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
          name,
          recordAttribute(value),
        ]),
      ),
      md5OfBody: message.MD5OfBody,
      ...(message.MD5OfMessageAttributes === undefined
        ? {}
        : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion,
    })),
  };
}

function recordAttribute({ StringValue, BinaryValue, DataType }: MessageAttributeValue): object {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}

/**
 * The messages that a ReportBatchItemFailures response names as failed, or why it is malformed:
 * Lambda then takes the whole batch as failed.
 */
export function failedMessageIds(response: unknown, messages: readonly Message[]): Set<string> | string {
  if (response === null || response === undefined) {
    return new Set();
  }
  const failures = isJsonObject(response) ? (response.batchItemFailures ?? []) : undefined;
  if (!Array.isArray(failures)) {
    return `the function's response is ${shown(response)}: want {"batchItemFailures": [...]}`;
  }
  const known = new Set(messages.map(({ MessageId }) => MessageId));
  const failed = new Set<string>();
  for (const failure of failures as readonly Json[]) {
    const id = isJsonObject(failure) ? failure.itemIdentifier : undefined;
    if (typeof id !== 'string' || !known.has(id)) {
      return `itemIdentifier in the function's response is ${shown(id)}: want the messageId of a message of the batch`;
    }
    failed.add(id);
  }
  return failed;
}
