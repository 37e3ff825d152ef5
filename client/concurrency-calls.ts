import { type CallOptions, jsonOf, PAGE_LIMIT, type Transport } from './transport.ts';
import type { ConcurrencyConfig, ConfigPage } from './wire-types.ts';

/** The calls on how many of a function's tasks run at once. */
export class ConcurrencyCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async get(functionName: string, { signal }: CallOptions = {}): Promise<ConcurrencyConfig> {
    const parameters = { functionName };
    return jsonOf(await this.#transport.call('GetConcurrencyConfig', { parameters, signal }));
  }

  /** Has at most so many tasks run at once; 0 pauses the function. */
  async put(
    functionName: string,
    reservedConcurrency: number,
    { signal }: CallOptions = {},
  ): Promise<ConcurrencyConfig> {
    const call = { parameters: { functionName }, body: JSON.stringify({ reservedConcurrency }), signal };
    return jsonOf(await this.#transport.call('PutConcurrencyConfig', call));
  }

  /** Has what was deployed hold again. */
  async delete(functionName: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#transport.call('DeleteConcurrencyConfig', { parameters: { functionName }, signal });
  }

  /** Reads the number of every function, by name. */
  async *list({ signal }: CallOptions = {}): AsyncGenerator<ConcurrencyConfig, void, undefined> {
    let nextToken: string | undefined;
    do {
      const query = { limit: PAGE_LIMIT, nextToken };
      const page = jsonOf<ConfigPage<ConcurrencyConfig>>(
        await this.#transport.call('ListConcurrencyConfigs', { query, signal }),
      );
      yield* page.configs;
      nextToken = page.nextToken;
    } while (nextToken);
  }
}
