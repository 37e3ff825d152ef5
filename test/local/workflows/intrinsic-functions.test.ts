import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../local/workflows/expressions/payload-template.ts';

const evaluate = (expression: string, input: unknown = {}) => {
  const filled = parseTemplate(
    { 'value.$': expression },
    'Parameters',
  )({
    input: input as never,
    context: { Execution: { Name: 'run-1' } },
  });
  return (filled as { value: unknown }).value;
};

const NESTED_IN_PATH = { 'a,b': [1], '(c)': 2 };

describe('an intrinsic function', () => {
  it.each<[string, unknown, unknown]>([
    ["States.Format('Hello, {}', $.name)", { name: 'Ada' }, 'Hello, Ada'],
    [
      "States.Format('{} {} {} {}', $.n, $.yes, $.nothing, 'x')",
      { n: 1.5, yes: true, nothing: null },
      '1.5 true null x',
    ],
    ["States.Format('{}-{}', $$.Execution.Name, 7)", {}, 'run-1-7'],
    ["States.Format('{}', $.path)", { path: 'C:\\temp\\{}' }, 'C:\\temp\\{}'],
    ["States.Format('it\\'s \\{\\} \\\\ {}', 1)", {}, "it's {} \\ 1"],
    ["States.Format('a) (b, {}', 1)", {}, 'a) (b, 1'],
    ['States.Format($.template, 1)', { template: 'n\\: {}' }, 'n\\: 1'],
    ['States.JsonToString($.value)', { value: { a: 'x"y\\z\n' } }, '{"a":"x\\"y\\\\z\\n"}'],
    ['States.StringToJson($.text)', { text: '{"a":"x\\"y"}' }, { a: 'x"y' }],
    ['States.StringToJson(States.JsonToString($))', { a: ['"'] }, { a: ['"'] }],
    ["States.Array(1, 'b c', $.list, null, true)", { list: [2] }, [1, 'b c', [2], null, true]],
    ['States.Array()', {}, []],
    ['States.ArrayPartition($.list, 2)', { list: [1, 2, 3] }, [[1, 2], [3]]],
    ['States.ArrayContains($.list, $.wanted)', { list: [{ a: 1 }], wanted: { a: 1 } }, true],
    ['States.ArrayContains($.list, 2)', { list: [1] }, false],
    ['States.ArrayRange(1, 9, 2)', {}, [1, 3, 5, 7, 9]],
    ['States.ArrayRange(3, 1, -1)', {}, [3, 2, 1]],
    ['States.ArrayRange(3, 1, 1)', {}, []],
    ['States.ArrayGetItem($.list, 1)', { list: [1, null] }, null],
    ['States.ArrayLength($.list)', { list: [1, 2] }, 2],
    ['States.ArrayUnique($.list)', { list: [1, 2, 1, { a: 1 }, { a: 1 }] }, [1, 2, { a: 1 }]],
    ["States.Base64Encode('ü€')", {}, 'w7zigqw='],
    ["States.Base64Decode('w7zigqw=')", {}, 'ü€'],
    ["States.Hash('abc', 'MD5')", {}, '900150983cd24fb0d6963f7d28e17f72'],
    ["States.Hash('abc', 'SHA-1')", {}, 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["States.Hash('abc', 'SHA-256')", {}, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['States.JsonMerge($.a, $.b, false)', { a: { x: 1, y: 1 }, b: { y: 2 } }, { x: 1, y: 2 }],
    ['States.MathAdd($.n, -1)', { n: 111 }, 110],
    ["States.StringSplit('1.2+3,,4', '.+,')", {}, ['1', '2', '3', '4']],
    ["States.StringSplit(',,,', ',')", {}, []],
    ["States.Format('{}', States.ArrayGetItem(States.StringSplit($.arn, ':'), 1))", { arn: 'a:b:c' }, 'b'],
    ["States.Array($['a,b'][0], $['(c)'])", NESTED_IN_PATH, [1, 2]],
  ])('%s of %j', (expression, input, value) => {
    expect(evaluate(expression, input)).toEqual(value);
  });

  it('changes none of its arguments', () => {
    const input = { a: { x: 1 }, b: { y: 2 } };
    evaluate('States.JsonMerge($.a, $.b, false)', input);
    expect(input).toEqual({ a: { x: 1 }, b: { y: 2 } });
  });

  it('makes another id and another number each time, the number below its end', () => {
    const ids = new Set(Array.from({ length: 50 }, () => evaluate('States.UUID()')));
    expect(ids.size).toBe(50);
    expect([...ids][0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const numbers = new Set(Array.from({ length: 200 }, () => evaluate('States.MathRandom(1, 4)')));
    expect([...numbers].sort()).toEqual([1, 2, 3]);
  });

  it.each<[string, unknown]>([
    ["States.Format('{} {}', 1)", {}],
    ["States.Format('{}', $)", { an: 'object' }],
    ["States.StringToJson('nope')", {}],
    ['States.ArrayGetItem($.list, 1)', { list: [1] }],
    ['States.ArrayGetItem($.list, -1)', { list: [1] }],
    ['States.ArrayPartition($.list, 0)', { list: [1] }],
    ['States.ArrayLength($)', { no: 'list' }],
    ['States.ArrayRange(1, 2000, 1)', {}],
    ['States.ArrayRange(1, 2, 0)', {}],
    ['States.JsonMerge($, $, true)', {}],
    ["States.Hash('a', 'CRC')", {}],
    ["States.MathAdd('1', 2)", {}],
    ['States.MathRandom(3, 3)', {}],
    ['States.Base64Encode($)', 'x'.repeat(10_001)],
  ])('fails with States.IntrinsicFailure: %s', (expression, input) => {
    expect(() => evaluate(expression, input)).toThrow('States.IntrinsicFailure');
  });

  it('names the path that gives nothing, and the field', () => {
    expect(() => evaluate('States.Array($.nope)', { a: 1 })).toThrow(
      `States.Runtime: The JSONPath '$.nope' specified for the field 'value.$' could not be found in the input '{"a":1}'`,
    );
  });

  it.each([
    ['States.Nope()', 'want one of States.Array'],
    ['States.constructor()', 'want one of States.Array'],
    ['States.UUID(1)', 'want 0 arguments of States.UUID'],
    ['States.MathRandom(1, 2, 3)', 'want 2 arguments of States.MathRandom'],
    ["States.Format('{}' 1)", 'want a comma between arguments'],
    ["States.Array('1'", 'want a comma between arguments'],
    ['States.UUID() x', 'want nothing after the call'],
    ['States.Array(undefined)', 'want a call such as States.UUID()'],
    ['plain text', 'want a call such as States.UUID()'],
    ['States.Array($.a[?(@.b)])', 'the local runtime cannot run'],
  ])('is refused when it is read: %s', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message);
  });
});

describe('a payload template', () => {
  it('fills keys that end in .$, at any depth, and nothing else', () => {
    const fill = parseTemplate(
      { plain: '$.a', list: [{ 'b.$': '$.a' }, [{ 'c.$': '$.a' }], '$.a'], 'deep.x.$': '$.a', none: null },
      'Parameters',
    );
    expect(fill({ input: { a: 1 }, context: {} })).toEqual({
      plain: '$.a',
      list: [{ b: 1 }, [{ c: 1 }], '$.a'],
      'deep.x': 1,
      none: null,
    });
  });

  it.each([
    [{ 'a.$': 1 }, 'Parameters.a.$ is 1: want a JSONPath or an intrinsic function'],
    [{ a: 1, 'a.$': '$' }, 'Parameters has both a and a.$'],
    [{ list: [{ 'a.$': 'x' }] }, 'Parameters.list[0].a.$ is "x"'],
  ])('is refused: %j', (template, message) => {
    expect(() => parseTemplate(template as never, 'Parameters')).toThrow(message);
  });
});
