import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, test } from 'vitest';
import { OPERATION_NAMES, OPERATIONS } from '../../lambdas/domain/operations.ts';
import { DESCRIPTIONS } from '../../lambdas/http/openapi/descriptions.ts';
import { openApiDocument } from '../../lambdas/http/openapi/document.ts';

describe('the OpenAPI document', () => {
  test('describes every operation', () => {
    const missing = OPERATION_NAMES.filter((name) => DESCRIPTIONS[name] === undefined);
    expect(
      missing,
      'operations without a description: add them to lambdas/http/openapi/descriptions.ts',
    ).toEqual([]);
  });

  test.each(OPERATION_NAMES)('has of %s each parameter that its path has', (name) => {
    const inPath = [...OPERATIONS[name].path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    expect(Object.keys(DESCRIPTIONS[name].fields.shape)).toEqual(expect.arrayContaining(inPath));
  });

  test('has no finding of a linter of OpenAPI 3.1', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const source = JSON.stringify(openApiDocument());
    const problems = await lintFromString({ source, config });
    expect(
      problems.map(({ ruleId, message, location: [place] }) => `${ruleId} at ${place?.pointer}: ${message}`),
    ).toEqual([]);
  });
});
