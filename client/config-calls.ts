import { isTaskModeError } from './client-error.ts';
import { type CallOptions, jsonOf, PAGE_LIMIT, type Transport } from './transport.ts';
import type { AsyncInvokeConfig, AsyncInvokeConfigChange, ConfigPage } from './wire-types.ts';

/** The calls on a function's async-invoke configuration. */
export class ConfigCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Reads what was put; undefined while nothing was, and what was deployed holds. */
  async get(functionName: string, { signal }: CallOptions = {}): Promise<AsyncInvokeConfig | undefined> {
    const parameters = { functionName };
    try {
      return jsonOf(await this.#transport.call('GetAsyncInvokeConfig', { parameters, signal }));
    } catch (error) {
      if (isTaskModeError(error, 'AsyncConfigNotExists')) return undefined;
      throw error;
    }
  }

  /** Reads what was put, of one function or of all, by name; of others nothing. */
  async *list(
    functionName?: string,
    { signal }: CallOptions = {},
  ): AsyncGenerator<AsyncInvokeConfig, void, undefined> {
    let nextToken: string | undefined;
    do {
      const query = { functionName, limit: PAGE_LIMIT, nextToken };
      const page = jsonOf<ConfigPage<AsyncInvokeConfig>>(
        await this.#transport.call('ListAsyncInvokeConfigs', { query, signal }),
      );
      yield* page.configs;
      nextToken = page.nextToken;
    } while (nextToken);
  }

  /** Changes what is named, for tasks that are submitted from then on. */
  async put(
    functionName: string,
    change: AsyncInvokeConfigChange,
    { signal }: CallOptions = {},
  ): Promise<AsyncInvokeConfig> {
    const call = { parameters: { functionName }, body: JSON.stringify(change), signal };
    return jsonOf(await this.#transport.call('PutAsyncInvokeConfig', call));
  }

  /** Has what was deployed hold again. */
  async delete(functionName: string, { signal }: CallOptions = {}): Promise<void> {
    const parameters = { functionName };
    try {
      await this.#transport.call('DeleteAsyncInvokeConfig', { parameters, signal });
    } catch (error) {
      // The try before has deleted it, and nobody answered that.
      if (!isTaskModeError(error, 'AsyncConfigNotExists') || !error.details.followsUnanswered) throw error;
    }
  }
}
