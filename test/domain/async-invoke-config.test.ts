import { describe, expect, test } from 'vitest';
import {
  type ConfigChange,
  configOf,
  type RuntimeConfig,
  withChange,
} from '../../lambdas/domain/async-invoke-config.ts';

const DEPLOYED = {
  asyncTask: true,
  maxAsyncRetryAttempts: 3,
  maxAsyncEventAgeInSeconds: 86_400,
  destinations: { onFailure: 'deployed-failure' },
};

/** What is put after so many Puts. */
const put = (...changes: readonly ConfigChange[]) =>
  changes.reduce<RuntimeConfig | undefined>(
    (before, change, index) => withChange(before, change, { now: index + 1, revision: `r${index + 1}` }),
    undefined,
  );

const effective = (...changes: readonly ConfigChange[]) => {
  const runtimeConfig = put(...changes);
  return configOf({ defaults: DEPLOYED, ...(runtimeConfig && { runtimeConfig }) });
};

describe('the configuration of a function', () => {
  test('is what was deployed while nothing is put', () => {
    expect(effective()).toEqual(DEPLOYED);
  });

  test('is what was put, and what that does not name as deployed', () => {
    expect(effective({ maxAsyncRetryAttempts: 0 }, { asyncTask: false })).toEqual({
      ...DEPLOYED,
      maxAsyncRetryAttempts: 0,
      asyncTask: false,
    });
  });

  test('follows what is deployed later, where nothing was put', () => {
    const runtimeConfig = put({ asyncTask: false }) as RuntimeConfig;
    expect(configOf({ defaults: { ...DEPLOYED, maxAsyncRetryAttempts: 8 }, runtimeConfig })).toMatchObject({
      maxAsyncRetryAttempts: 8,
      asyncTask: false,
    });
  });

  test.each([
    ['one more destination', [{ onSuccess: 'a' }], { onSuccess: 'a', onFailure: 'deployed-failure' }],
    ['another one', [{ onFailure: 'b' }], { onFailure: 'b' }],
    [
      'the one and then the other',
      [{ onSuccess: 'a' }, { onFailure: 'b' }],
      { onSuccess: 'a', onFailure: 'b' },
    ],
    ['nobody in place of the deployed one', [{ onFailure: null }], undefined],
    ['nobody any more', [{ onSuccess: 'a' }, { onSuccess: null }], { onFailure: 'deployed-failure' }],
  ])('tells %s', (_, puts, destinations) => {
    expect(effective(...puts.map((each) => ({ destinations: each }))).destinations).toEqual(destinations);
  });
});

test('a Put keeps when the first one was, and has a time and a revision of its own', () => {
  expect(put({}, { maxAsyncRetryAttempts: 1 })).toEqual({
    maxAsyncRetryAttempts: 1,
    createdTime: 1,
    lastModifiedTime: 2,
    revision: 'r2',
  });
});
