import { type CallOptions, jsonOf, PAGE_LIMIT, type Transport } from './transport.ts';
import type { FunctionSummary } from './wire-types.ts';

/** Reads the functions that take tasks page by page as they are asked for, by name, and what their tasks are at. */
export async function* listFunctions(
  transport: Transport,
  prefix: string | undefined,
  { signal }: CallOptions,
): AsyncGenerator<FunctionSummary, void, undefined> {
  let nextToken: string | undefined;
  do {
    const query = { prefix, limit: PAGE_LIMIT, nextToken };
    const page = jsonOf<{ functions: FunctionSummary[]; nextToken?: string }>(
      await transport.call('ListFunctions', { query, signal }),
    );
    yield* page.functions;
    nextToken = page.nextToken;
  } while (nextToken);
}
