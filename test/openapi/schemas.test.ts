import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OPERATION_NAMES, type OperationName } from '../../lambdas/domain/operations.ts';
import { DESCRIPTIONS } from '../../lambdas/http/openapi/descriptions.ts';

const FOLDER = new URL('../../lambdas/', import.meta.url);

const fileOf = (name: OperationName) =>
  `${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.lambda.ts`;

/** The schema that the source of a handler gives to a parser, as the very object: where it is imported from says which. */
async function schemaOf(source: string, parser: string): Promise<unknown> {
  const [, name] = new RegExp(`${parser}\\(\\s*(\\w+),`).exec(source) ?? [];
  if (name === undefined) return undefined;
  const from = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '(.*)'`).exec(source)?.[1];
  const module: Record<string, unknown> = await import(new URL(from ?? '', FOLDER).href);
  return module[name];
}

const CHECKED = OPERATION_NAMES.filter((name) => Object.keys(DESCRIPTIONS[name].fields.shape).length > 0);

test.each(CHECKED)(
  'the handler of %s checks path, query and headers with the described schema',
  async (name) => {
    const source = readFileSync(new URL(fileOf(name), FOLDER), 'utf-8');
    expect(await schemaOf(source, 'parseFields')).toBe(DESCRIPTIONS[name].fields);
  },
);

test('no handler checks fields of which the description knows nothing', () => {
  const parsing = OPERATION_NAMES.filter((name) =>
    readFileSync(new URL(fileOf(name), FOLDER), 'utf-8').includes('parseFields('),
  );
  expect(parsing).toEqual(CHECKED);
});

test.each(['PutAsyncInvokeConfig', 'PutConcurrencyConfig'] as const)(
  'the handler of %s checks the body with the described schema',
  async (name) => {
    const source = readFileSync(new URL(fileOf(name), FOLDER), 'utf-8');
    expect(await schemaOf(source, 'parseBody')).toBe(DESCRIPTIONS[name].body?.schema);
  },
);
