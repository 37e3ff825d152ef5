import { describe, expect, it } from 'vitest';
import { parsePath, valueAt } from '../../../local/workflows/expressions/json-path.ts';
import { parseReferencePath, withValueAt } from '../../../local/workflows/expressions/reference-path.ts';

const store = {
  name: 'corner',
  'odd.name': 1,
  "it's": 2,
  nothing: null,
  empty: [],
  books: [
    { title: 'one', price: 5, tags: ['a', 'b'] },
    { title: 'two', price: 9 },
    { title: 'three', price: null },
  ],
};

const at = (path: string, input: unknown = store) =>
  valueAt(parsePath(path, 'Path'), { input: input as never, context: { Execution: { Name: 'run' } } });

describe('a path', () => {
  it.each([
    ['$', store],
    ['$.name', 'corner'],
    ["$['name']", 'corner'],
    ['$["odd.name"]', 1],
    ["$['it\\'s']", 2],
    ['$.nothing', null],
    ['$.books[1].title', 'two'],
    ['$.books[-1].title', 'three'],
    ['$.books[2].price', null],
    ['$$.Execution.Name', 'run'],
    ['$$', { Execution: { Name: 'run' } }],
  ])('that names one value gives it: %s', (path, value) => {
    expect(at(path)).toEqual(value);
  });

  it.each([0, false, '', null])('gives a whole input of %j', (input) => {
    expect(at('$', input)).toBe(input);
  });

  it.each([
    ['$.books[*].title', ['one', 'two', 'three']],
    ['$.books[0,2].title', ['one', 'three']],
    ["$.books[0]['title','price']", ['one', 5]],
    ['$.books[0:2].title', ['one', 'two']],
    ['$.books[-1:].title', ['three']],
    ['$.books[*].tags[*]', ['a', 'b']],
    ['$..title', ['one', 'two', 'three']],
    ['$..tags[0]', ['a']],
    ['$.books[0].*', ['one', 5, ['a', 'b']]],
    ['$.empty[*]', []],
    ['$..unknown', []],
  ])('that may name more gives a list, of none too: %s', (path, values) => {
    expect(at(path)).toEqual(values);
  });

  it.each([
    '$.unknown',
    '$.name.length',
    '$.books.title',
    '$.books[3]',
    '$.unknown[*]',
    '$.constructor',
    '$$.State',
  ])('names nothing: %s', (path) => {
    expect(at(path)).toBeUndefined();
  });

  it.each([
    ['$.books[?(@.price > 5)]', '"[?(@.price > 5)]"'],
    ['$.books.length()', '"()"'],
    ['$.books[(@.length-1)]', '"[(@.length-1)]"'],
    ['$.books[', '"["'],
    ['$..', '".."'],
    ['books', 'want a JSONPath'],
  ])('that cannot be run is refused by what stands in it: %s', (path, message) => {
    expect(() => at(path)).toThrow(message);
  });
});

describe('a value put at a path', () => {
  const put = (path: string, input: unknown, value: unknown = 'new') =>
    withValueAt(parseReferencePath(path, 'ResultPath'), input as never, value as never);

  it.each([
    ['$', { a: 1 }, 'new'],
    ['$.b', { a: 1 }, { a: 1, b: 'new' }],
    ["$['b c']", { a: 1 }, { a: 1, 'b c': 'new' }],
    ['$.a', { a: 1 }, { a: 'new' }],
    ['$.a.b.c', {}, { a: { b: { c: 'new' } } }],
    ['$.list[1]', { list: [1, 2] }, { list: [1, 'new'] }],
  ])('is there, and the rest is as it was: %s', (path, input, output) => {
    expect(put(path, input)).toEqual(output);
  });

  it('leaves the input itself alone', () => {
    const input = { a: { b: 1 } };
    put('$.a.c', input);
    expect(input).toEqual({ a: { b: 1 } });
  });

  it.each([
    ['$.a', 'text'],
    ['$.a.b', { a: 'text' }],
    ['$.list[2]', { list: [1, 2] }],
    ['$.a', null],
  ])('finds no place: %s in %j', (path, input) => {
    expect(() => put(path, input)).toThrow('States.ResultPathMatchFailure');
  });

  it.each(['$.a[*]', '$..a', '$$.Execution', '$.a[0:1]'])(
    'wants a path to one value of the input: %s',
    (path) => {
      expect(() => put(path, {})).toThrow('want a path to one value of the input');
    },
  );
});
