import { describe, expect, test } from 'vitest';
import { readTargetInput } from '../../local/events/target-input.ts';
import type { JsonObject } from '../../local/json.ts';

const EVENT = {
  id: 'e-1',
  source: 'aws.s3',
  time: '2026-11-24T18:00:00Z',
  resources: ['arn:bucket'],
  detail: {
    object: { key: 'a "b"\n.jpg', size: 12 },
    'bucket-name': 'photos',
    tags: ['x', { y: null }],
    no: null,
  },
};
const RULE = { name: 'Uploads', arn: 'arn:aws:events:us-east-1:000000000000:rule/Uploads' };

const made = (target: JsonObject): unknown => JSON.parse(readTargetInput(target)(EVENT, RULE));

const transformed = (InputTemplate: string, InputPathsMap: JsonObject = {}) =>
  made({ InputTransformer: { InputTemplate, InputPathsMap } });

describe('a target gets', () => {
  test('the event, unless it says otherwise', () => {
    expect(made({})).toEqual(EVENT);
  });

  test('what is constant', () => {
    expect(made({ Input: '{"a":[1]}' })).toEqual({ a: [1] });
  });

  test.each([
    ['$', EVENT],
    ['$.detail.object', EVENT.detail.object],
    ['$.detail.bucket-name', 'photos'],
    ['$.detail.tags[1]', { y: null }],
    ['$.resources[0]', 'arn:bucket'],
    ['$.detail.gone', {}],
  ])('the part at %s', (InputPath, part) => {
    expect(made({ InputPath })).toEqual(part);
  });
});

describe('a transformer', () => {
  const paths = {
    key: '$.detail.object.key',
    size: '$.detail.object.size',
    object: '$.detail.object',
    event: '$',
    no: '$.detail.no',
    gone: '$.detail.gone.further',
  };

  test('puts values of any kind in their places', () => {
    expect(
      transformed('{"key":<key>,"size":<size>,"object":<object>,"event":<event>,"no":<no>}', paths),
    ).toEqual({ key: 'a "b"\n.jpg', size: 12, object: EVENT.detail.object, event: EVENT, no: null });
  });

  test('puts them into texts, so that these stay texts', () => {
    expect(transformed('{"text":"\\"<key>\\" of <size>: <object>"}', paths)).toEqual({
      text: `"a "b"\n.jpg" of 12: ${JSON.stringify(EVENT.detail.object)}`,
    });
  });

  test('may make one text', () => {
    expect(transformed('"<key> was put"', paths)).toBe('a "b"\n.jpg was put');
  });

  test('has what the event has not as an empty text', () => {
    expect(transformed('{"gone":<gone>,"text":"<gone>!"}', paths)).toEqual({ gone: '', text: '!' });
  });

  test('knows the rule, and the event as a whole', () => {
    expect(
      transformed(
        '{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>","event":<aws.events.event.json>,"at":<aws.events.event.ingestion-time>}',
      ),
    ).toEqual({ rule: RULE.name, arn: RULE.arn, event: EVENT, at: EVENT.time });
  });
});

test.each<[string, JsonObject, string]>([
  ['two inputs', { Input: '1', InputPath: '$' }, 'one of Input, InputPath and InputTransformer'],
  ['an input that is no JSON', { Input: 'hello' }, 'an Input of JSON'],
  ['a path with a wildcard', { InputPath: '$.detail[*]' }, 'not "$.detail[*]"'],
  ['a path of another root', { InputPath: 'detail' }, 'not "detail"'],
  ['no template', { InputTransformer: {} }, 'with an InputTemplate'],
  ['a template that makes no JSON', { InputTransformer: { InputTemplate: '{"a":' } }, 'that makes JSON'],
  [
    'a variable without a path',
    { InputTransformer: { InputTemplate: '{"a":<b>}', InputPathsMap: { a: '$.id' } } },
    'not <b>',
  ],
])('%s is refused', (_, target, message) => {
  expect(() => readTargetInput(target)).toThrow(message);
});
