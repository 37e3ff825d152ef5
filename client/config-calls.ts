import { isTaskModeError } from './client-error.ts';
import { type CallOptions, jsonOf, type Transport } from './transport.ts';
import type { AsyncInvokeConfig, AsyncInvokeConfigChange } from './wire-types.ts';

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
