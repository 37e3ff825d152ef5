import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isShortened, shownDestination } from '../../lambdas/domain/shown-destination.ts';

test.each([
  'arn:aws:sqs:us-east-1:123456789012:done',
  'arn:aws:lambda:us-east-1:123456789012:function:next:$LATEST',
  'https://example.com/',
  'https://hooks.example.com:8443/v1/task-finished/2023-03-30/videoEncoded',
  'http://127.0.0.1:8080/hook',
])('shows an address without a token whole: %s', (destination) => {
  expect(shownDestination(destination)).toBe(destination);
  expect(isShortened(destination)).toBe(false);
});

test.each([
  [
    'values of the query',
    'https://oapi.dingtalk.com/robot/send?access_token=4f1e9c&v=2',
    'https://oapi.dingtalk.com/robot/send?access_token=…&v=…',
  ],
  ['a query without names', 'https://example.com/hook?4f1e9c', 'https://example.com/hook?…'],
  ['a token as a name', 'https://example.com/hook?k4f1e9c8d7a6=', 'https://example.com/hook?…=…'],
  ['user and password', 'https://me:secret@example.com/hook', 'https://…@example.com/hook'],
  ['a user alone', 'https://token@example.com/', 'https://…@example.com/'],
  ['a fragment', 'https://example.com/#token', 'https://example.com/#…'],
  [
    'a token of Slack in the path',
    'https://hooks.slack.com/services/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',
    'https://hooks.slack.com/services/…/…/…',
  ],
  [
    'a UUID in the path',
    'https://open.feishu.cn/open-apis/bot/v2/hook/0b9d4c1e-7f3a-4c52-9a60-d1e2f3a4b5c6',
    'https://open.feishu.cn/open-apis/bot/v2/hook/…',
  ],
  ['a token of letters only', 'https://example.com/abcdefghijklmnopqrstuvwx', 'https://example.com/…'],
  ['what is no address', 'hooks.example.com/x?token=4f1e9c', '…'],
  ['what only begins like one', 'https://', '…'],
])('hides %s', (_, destination, shown) => {
  expect(shownDestination(destination)).toBe(shown);
  expect(isShortened(shown)).toBe(true);
});

test('shows no value of a query, no password and no hexadecimal token of a path, whatever they are', () => {
  const token = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 20, maxLength: 64 });
  const url = fc.webUrl({ withQueryParameters: true, withFragments: true });
  fc.assert(
    fc.property(
      url,
      token,
      fc.constantFrom('query', 'password', 'path', 'fragment'),
      (text, secret, place) => {
        fc.pre(/[a-f]/.test(secret) && /\d/.test(secret));
        const address = new URL(text);
        if (place === 'query') address.searchParams.append('token', secret);
        if (place === 'password') address.password = secret;
        if (place === 'path') address.pathname += `/${secret}`;
        if (place === 'fragment') address.hash = secret;
        const shown = shownDestination(address.href);
        expect(shown).not.toContain(secret);
        expect(shownDestination(shown)).toBe(shown);
      },
    ),
  );
});
