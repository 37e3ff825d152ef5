import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './expression.ts';

export interface IndexDescription {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** The attributes that its entries have beside the keys. */
  readonly projected: readonly string[];
}

export interface TableDescription {
  /** The partition key; there is no sort key. */
  readonly key: string;
  readonly indexes: readonly IndexDescription[];
}

/** DynamoDB bills a write by each started KB (AWS DynamoDB, on-demand capacity). */
const WRITE_UNIT_BYTES = 1024;

/**
 * Returns how many write units a write takes: for the row, the larger of what it was and is, and for each index an entry
 * that is put, removed or changed; one that moves is removed and put (AWS DynamoDB, global secondary indexes).
 */
export function writeUnitsOf(
  before: Item | undefined,
  after: Item,
  { key, indexes }: TableDescription,
): number {
  return indexes.reduce(
    (sum, index) => sum + entryUnits(entryOf(before, index, key), entryOf(after, index, key), index),
    Math.max(unitsOf(before ?? {}), unitsOf(after)),
  );
}

/** Returns the entry of a row in an index; undefined if the row has not both keys of the index. */
export function entryOf(row: Item | undefined, index: IndexDescription, key: string): Item | undefined {
  if (!row?.[index.partitionKey] || !row[index.sortKey]) return undefined;
  const names = [key, index.partitionKey, index.sortKey, ...index.projected];
  return Object.fromEntries(names.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));
}

function entryUnits(before: Item | undefined, after: Item | undefined, index: IndexDescription): number {
  if (!before || !after) return (before ? unitsOf(before) : 0) + (after ? unitsOf(after) : 0);
  if (isDeepStrictEqual(before, after)) return 0;
  const isMoved = [index.partitionKey, index.sortKey].some(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );
  return isMoved ? unitsOf(before) + unitsOf(after) : Math.max(unitsOf(before), unitsOf(after));
}

function unitsOf(item: Item): number {
  return Math.max(Math.ceil(itemBytes(item) / WRITE_UNIT_BYTES), 1);
}

/** Returns the size of an item in bytes, by the rules of DynamoDB (AWS DynamoDB, item sizes and formats). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + valueBytes(value), 0);
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  // One byte for each two digits, and one.
  if (value.N !== undefined) return Math.ceil(value.N.replace(/^-|\./g, '').length / 2) + 1;
  if (value.L) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 3);
  if (value.M) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  if (value.SS) return value.SS.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  return 1;
}
