import { beforeEach, expect, test, vi } from 'vitest';
import {
  deletePayload,
  payloadNameFault,
  renamePayload,
  savedPayloads,
  savePayload,
} from '../../console/src/data/saved-payloads.ts';

const stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
};

beforeEach(() => {
  stored.clear();
  vi.stubGlobal('localStorage', storage);
  return () => vi.unstubAllGlobals();
});

const TWO = { name: 'two items', text: '{"items":2}' };
const ONE = { name: 'one item', text: '{"items":1}' };

test('payloads are kept by name, for one function', () => {
  expect(savePayload('echo', TWO)).toBeUndefined();
  expect(savePayload('echo', ONE)).toBeUndefined();
  expect(savedPayloads('echo')).toEqual([ONE, TWO]);
  expect(savedPayloads('wait')).toEqual([]);
});

test('one that is saved under a name again takes the place of the first', () => {
  savePayload('echo', TWO);
  savePayload('echo', { ...TWO, text: '[2]' });
  expect(savedPayloads('echo')).toEqual([{ ...TWO, text: '[2]' }]);
});

test('one that is renamed or deleted leaves the others as they are', () => {
  savePayload('echo', TWO);
  savePayload('echo', ONE);
  renamePayload('echo', TWO.name, 'a pair');
  expect(savedPayloads('echo')).toEqual([{ ...TWO, name: 'a pair' }, ONE]);
  deletePayload('echo', ONE.name);
  expect(savedPayloads('echo')).toEqual([{ ...TWO, name: 'a pair' }]);
});

test('what cannot be kept says why, and takes nothing away', () => {
  savePayload('echo', TWO);
  expect(savePayload('echo', { name: 'long', text: 'x'.repeat(100_001) })).toMatch(/up to 100000 characters/);
  vi.stubGlobal('localStorage', {
    ...storage,
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  });
  expect(savePayload('echo', ONE)).toMatch(/no more room/);
  expect(savedPayloads('echo')).toEqual([TWO]);
});

test.each(['no JSON', '{}', '[1, {"name": 2}]'])('a storage that holds %s holds no payloads', (text) => {
  stored.set('task-mode.saved-payloads.echo', text);
  expect(savedPayloads('echo')).toEqual([]);
});

test('a name is neither empty nor long nor taken', () => {
  expect(payloadNameFault('one item', ['two items'])).toBeUndefined();
  expect(payloadNameFault('', [])).toBe('1 to 60 characters');
  expect(payloadNameFault('x'.repeat(61), [])).toBe('1 to 60 characters');
  expect(payloadNameFault('one item', ['one item'])).toBe('There is one named "one item"');
});
