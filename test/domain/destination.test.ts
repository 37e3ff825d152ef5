import { expect, test } from 'vitest';
import {
  checkedWebhook,
  destinationNotAllowed,
  isAllowedFor,
  parseDestination,
} from '../../lambdas/domain/destination.ts';

test.each([
  ['arn:aws:sqs:us-east-1:123456789012:done', 'queue'],
  ['arn:aws-cn:sqs:cn-north-1:123456789012:done_1-x', 'queue'],
  ['arn:aws:sns:us-east-1:123456789012:news', 'topic'],
  ['arn:aws:lambda:us-east-1:123456789012:function:next', 'function'],
  ['arn:aws:lambda:us-east-1:123456789012:function:next:live', 'function'],
  ['arn:aws:lambda:us-east-1:123456789012:function:next:$LATEST', 'function'],
  ['arn:aws:events:us-east-1:123456789012:event-bus/default', 'eventBus'],
  ['https://example.com/hook?a=1', 'webhook'],
  ['http://127.0.0.1:8080/hook', 'webhook'],
  ['http://localhost:8080/hook', 'webhook'],
])('%s is a destination: %s', (text, kind) => {
  expect(parseDestination('onSuccess', text)).toEqual({ kind, destination: text });
});

test('a URL has one spelling', () => {
  expect(parseDestination('onSuccess', 'HTTPS://Example.com:443')).toEqual({
    kind: 'webhook',
    destination: 'https://example.com/',
  });
});

test.each([
  ['', 'the ARN of an SQS queue, an SNS topic'],
  ['done', 'the ARN of an SQS queue, an SNS topic'],
  ['acs:fc:cn-hangzhou:1:functions/f', 'names of Alibaba Cloud say nothing here'],
  ['arn:aws:sqs:us-east-1:123456789012:done.fifo', 'a standard queue or topic'],
  ['arn:aws:sns:us-east-1:123456789012:news.fifo', 'a standard queue or topic'],
  ['arn:aws:sns:us-east-1:123456789012:news:subscription-id', 'the ARN of'],
  ['arn:aws:s3:::bucket', 'the ARN of'],
  ['arn:aws:sqs:us-east-1:123456789012:done\nx', 'the ARN of'],
  ['https://', 'a URL'],
  ['https://me:secret@example.com/', 'a URL without user, password and fragment'],
  ['https://example.com/#part', 'a URL without user, password and fragment'],
  ['ftp://example.com/', 'the ARN of'],
])('"%s" is refused: it must be %s', (text, wanted) => {
  expect(() => parseDestination('destinationConfig.onSuccess.destination', text)).toThrow(
    expect.objectContaining({
      code: 'InvalidArgument',
      message: expect.stringMatching(
        new RegExp(`^destinationConfig.onSuccess.destination must be .*${wanted}.*, got "`),
      ),
    }),
  );
});

test('a URL without TLS may be on the list, where the deployment says so, and else is refused', () => {
  const url = 'http://example.com/';
  const parsed = (destination: string) => ({ kind: 'webhook', destination });
  expect(destinationNotAllowed('onSuccess', 'echo', url).message).toBe(
    `onSuccess must be an https:// URL, got "${url}"`,
  );
  expect(() => checkedWebhook('webhook url', url)).toThrow('webhook url must be an https:// URL');
  expect(() => checkedWebhook('webhook url', 'arn:aws:sqs:us-east-1:123456789012:done')).toThrow('https://');
  expect(checkedWebhook('webhook url', 'https://example.com')).toEqual(parsed('https://example.com/'));
  expect(checkedWebhook('webhook url', url, { isPlainHttpAllowed: true })).toEqual(parsed(url));
});

test.each([
  ['https://me:hunter2-hunter2@example.com/', 'got "https://…@example.com/"'],
  ['https://example.com/?token=hunter2-hunter2#part', 'got "https://example.com/?token=…#…"'],
])('refuses %s without repeating its credential', (text, shown) => {
  expect(() => parseDestination('onSuccess', text)).toThrow(shown);
});

test('refuses a destination that is not allowed without repeating its credential', () => {
  const { message } = destinationNotAllowed('onSuccess', 'echo', 'https://example.com/?token=hunter2');
  expect(message).toBe(
    `onSuccess must be one of the destinations that this deployment allows for function 'echo' (its onSuccess and onFailure, and TaskMode.allowDestination), got "https://example.com/?token=…"`,
  );
});

test('allows a destination for the functions of its entry, and for all functions if the entry names none', () => {
  const destination = 'https://example.com/';
  expect(isAllowedFor({ destination, functions: ['echo'] }, 'echo')).toBe(true);
  expect(isAllowedFor({ destination, functions: ['echo'] }, 'echo-2')).toBe(false);
  expect(isAllowedFor({ destination, functions: [] }, 'echo')).toBe(false);
  expect(isAllowedFor({ destination }, 'echo')).toBe(true);
});
