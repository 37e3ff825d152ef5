import { describe, expect, test } from 'vitest';
import { type AccessKey, isPermitted, parseAccessKeys } from '../../lambdas/domain/access-key.ts';

const SECRET = 'a-secret-of-the-test-0001';
const ENTRY = { secret: SECRET, functions: ['*'], actions: ['fc:*'] };

const parse = (keys: unknown) => parseAccessKeys(JSON.stringify({ keys }));

describe('access keys', () => {
  test('are read from their text, each user of its own unless it says whose it is', () => {
    const keys = parse({ TM1: ENTRY, TM2: { ...ENTRY, user: 'alice', functions: ['echo', 'enc*'] } });
    expect([...keys.values()]).toEqual([
      { accessKeyId: 'TM1', user: 'TM1', ...ENTRY },
      { accessKeyId: 'TM2', ...ENTRY, user: 'alice', functions: ['echo', 'enc*'] },
    ]);
  });

  test('may be none', () => {
    expect(parse({}).size).toBe(0);
  });

  test.each([
    ['{"keys":', 'the whole must be JSON'],
    ['', 'the whole must be JSON'],
    ['[]', 'the whole must be a JSON object'],
    ['null', 'the whole must be a JSON object'],
    ['{}', 'keys must be a JSON object'],
    ['{"keys":[]}', 'keys must be a JSON object'],
    ['{"keys":{},"key":1}', 'the whole must be no fields but keys'],
  ])('%s are refused: %s', (text, message) => {
    expect(() => parseAccessKeys(text)).toThrow(`access keys: ${message}`);
  });

  test.each([
    ['no object', 'x', 'keys.TM1 must be a JSON object'],
    ['no secret', { ...ENTRY, secret: undefined }, 'keys.TM1.secret must be 16 to 256 printable characters'],
    ['a short secret', { ...ENTRY, secret: 'x'.repeat(15) }, 'keys.TM1.secret must be 16 to 256'],
    ['a secret with a space', { ...ENTRY, secret: `${SECRET} ` }, 'keys.TM1.secret must be'],
    ['no functions', { ...ENTRY, functions: undefined }, 'keys.TM1.functions must be a list of names'],
    ['an empty list', { ...ENTRY, functions: [] }, 'keys.TM1.functions must be a list of names'],
    ['a text for a list', { ...ENTRY, functions: '*' }, 'keys.TM1.functions must be a list of names'],
    [
      'a pattern in the middle',
      { ...ENTRY, functions: ['echo', 'e*o'] },
      'keys.TM1.functions[1] must be one of the names of functions, "name*" or "*"',
    ],
    ['no actions', { ...ENTRY, actions: undefined }, 'keys.TM1.actions must be a list of actions'],
    ['an action of another service', { ...ENTRY, actions: ['oss:*'] }, 'keys.TM1.actions[0] must be one of'],
    ['an action without its service', { ...ENTRY, actions: ['GetAsyncTask'] }, 'keys.TM1.actions[0] must be'],
    ['an empty user', { ...ENTRY, user: '' }, 'keys.TM1.user must be'],
    [
      'a misspelt field',
      { ...ENTRY, function: ['echo'] },
      'keys.TM1 must be no fields but secret, functions',
    ],
  ])('a key of %s is refused by name', (_, entry, message) => {
    expect(() => parse({ TM1: entry })).toThrow(`access keys: ${message}`);
  });

  test('what is refused shows nothing that may be secret', () => {
    const texts = [
      `{"keys": ${SECRET}`,
      JSON.stringify({ keys: { [`${SECRET}/+`]: ENTRY } }),
      JSON.stringify({ keys: { TM1: { ...ENTRY, secret: `${SECRET} ` } } }),
      JSON.stringify({ keys: { TM1: { ...ENTRY, user: `${SECRET} ` } } }),
      JSON.stringify({ keys: { TM1: { ...ENTRY, functions: [`${SECRET} `] } } }),
      JSON.stringify({ keys: { TM1: { ...ENTRY, [SECRET]: 1 } } }),
    ];
    for (const text of texts) {
      expect(() => parseAccessKeys(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(SECRET) }),
      );
    }
  });
});

describe('a key permits', () => {
  const key = (functions: string[], actions: string[]): AccessKey => ({
    accessKeyId: 'TM1',
    user: 'TM1',
    secret: SECRET,
    functions,
    actions,
  });

  test.each<[string[], string[], string | undefined, string, boolean]>([
    [['*'], ['*'], 'echo', 'fc:StopAsyncTask', true],
    [['*'], ['fc:*'], 'echo', 'fc:StopAsyncTask', true],
    [['echo'], ['fc:*'], 'echo', 'fc:StopAsyncTask', true],
    [['echo'], ['fc:*'], 'echo2', 'fc:StopAsyncTask', false],
    [['echo'], ['fc:*'], 'Echo', 'fc:StopAsyncTask', false],
    [['enc*'], ['fc:*'], 'encode', 'fc:StopAsyncTask', true],
    [['enc*'], ['fc:*'], 'enc', 'fc:StopAsyncTask', true],
    [['enc*'], ['fc:*'], 'echo', 'fc:StopAsyncTask', false],
    [['wait', 'echo'], ['fc:*'], 'echo', 'fc:StopAsyncTask', true],
    [['*'], ['fc:GetAsyncTask'], 'echo', 'fc:StopAsyncTask', false],
    [['*'], ['fc:GetAsyncTask'], 'echo', 'fc:GetAsyncTask', true],
    [['*'], ['fc:GetAsyncTask'], 'echo', 'fc:GetAsyncTaskX', false],
    [['*'], ['fc:Get*', 'fc:List*'], 'echo', 'fc:ListAsyncTasks', true],
    [['*'], ['fc:Get*', 'fc:List*'], 'echo', 'fc:InvokeFunction', false],
    [['*'], ['fc:*'], undefined, 'fc:ListAsyncInvokeConfigs', true],
    [['enc*'], ['fc:*'], undefined, 'fc:ListAsyncInvokeConfigs', false],
    [['*'], ['fc:*'], '', 'fc:GetAsyncTask', true],
  ])('of %j and %j: on function %s, %s: %s', (functions, actions, functionName, action, isAllowed) => {
    expect(isPermitted(key(functions, actions), { functionName, action })).toBe(isAllowed);
  });
});
