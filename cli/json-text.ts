import { UsageError } from './failure.ts';

/** Node has these; TypeScript's own library does not know them yet. */
interface JsonOfNode {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const { parse, rawJSON } = JSON as unknown as JsonOfNode;

/** Reads JSON so that it is written again with every digit it had: ids of 19 digits are no rare thing. */
export function exactJson(text: string): unknown {
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
}

/** Reads what must be JSON; `where` says whose it is. */
export function jsonArgument(text: string, where: string): unknown {
  try {
    return exactJson(text);
  } catch (error) {
    const isBareWord = /^[^{["]/.test(text.trim());
    const quote = isBareWord ? `; a text needs its quotes: '"${text.trim().slice(0, 20)}"'` : '';
    throw new UsageError(`${where} is not JSON: ${(error as Error).message}${quote}`);
  }
}

/** Lays JSON text out for people; what is none comes as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(exactJson(text), null, 2);
  } catch {
    return text;
  }
}
