import { expect, test } from 'vitest';
import type { AsyncInvokeConfig } from '../../client/index.ts';
import { changeOf, configFaults, draftOf } from '../../console/src/data/config-draft.ts';
import { errorParts, eventDetailText } from '../../console/src/display/error-text.ts';
import { imagesIn } from '../../console/src/display/images.ts';
import { spanText } from '../../console/src/display/time.ts';

test.each([
  [0, '0 ms'],
  [340.4, '340 ms'],
  [4210, '4.21 s'],
  [42_130, '42.1 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
  [86_400_000, '1 d'],
])('%s ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

test('an error is told apart from where it was thrown', () => {
  expect(errorParts('E: it failed\n  twice\n    at handler (a.mjs:1)\n    at b')).toEqual({
    message: 'E: it failed\n  twice',
    stack: '    at handler (a.mjs:1)\n    at b',
  });
  expect(errorParts('no stack, at all')).toEqual({ message: 'no stack, at all', stack: undefined });
});

test.each([
  ['{"Error":"E","errorType":"TypeError","errorMessage":"x is no y"}', 'TypeError: x is no y'],
  ['{"errorMessage":"late"}', 'late'],
  ['{"delaySeconds":5}', '{"delaySeconds":5}'],
  ['cut off {"errorMess', 'cut off {"errorMess'],
])('the detail %s reads %s', (detail, text) => {
  expect(eventDetailText(detail)).toBe(text);
});

const PNG = `iVBORw0KGgo${'A'.repeat(30)}`;

test('images are found wherever they are, and what only begins like one is none', () => {
  expect(imagesIn({ size: 1, image: PNG, more: [`data:image/gif;base64,${PNG}`] })).toEqual([
    { name: 'image', url: `data:image/png;base64,${PNG}` },
    { name: '0', url: `data:image/gif;base64,${PNG}` },
  ]);
  expect(
    imagesIn({ text: `/9j/ is how it begins ${'x'.repeat(40)}`, svg: 'data:image/svg+xml;base64,AAAA' }),
  ).toEqual([]);
});

const CONFIG: AsyncInvokeConfig = {
  functionArn: 'arn',
  asyncTask: true,
  maxAsyncEventAgeInSeconds: 3600,
  maxAsyncRetryAttempts: 3,
  destinationConfig: { onFailure: { destination: 'arn:queue' } },
};

test('only what was edited is put', () => {
  const draft = draftOf(CONFIG);
  expect(changeOf(draft, CONFIG)).toEqual({});
  expect(changeOf({ ...draft, retries: '5', onFailure: '' }, CONFIG)).toEqual({
    maxAsyncRetryAttempts: 5,
    destinationConfig: { onFailure: { destination: '' } },
  });
  expect(changeOf(draftOf(undefined), undefined)).toEqual({});
});

test('numbers out of their bounds are told before they are put', () => {
  const draft = { ...draftOf(CONFIG), retries: '9', age: '0' };
  expect(configFaults(draft)).toEqual({
    retries: 'A whole number from 0 to 8',
    age: 'A whole number from 1 to 604800',
  });
  expect(configFaults(draftOf(undefined))).toEqual({});
});
