import type { EventSourceMappingConfiguration, LambdaClient } from '@aws-sdk/client-lambda';
import type { EventSourceState } from '../domain/concurrency.ts';
import { callAws } from './faults.ts';

export interface EventSourcesOptions {
  /** Another one than the usual. */
  readonly client?: LambdaClient;
  readonly signal?: AbortSignal;
}

const GONE = 'ResourceNotFoundException';

/** Lambda takes no change of an event source while it still makes another one. */
const IN_USE = 'ResourceInUseException';

/** The event sources of task functions: who polls their queues, and how many instances run at once. */
export class EventSources {
  readonly #client: LambdaClient | undefined;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ client, signal }: EventSourcesOptions = {}) {
    this.#client = client;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /** Tells what an event source does; undefined when there is none of this id (any more). */
  async read(id: string): Promise<EventSourceState | undefined> {
    // Loaded late: a sweep asks only where a concurrency was put.
    const { eventSourceClient, GetEventSourceMappingCommand } = await import('./event-source-client.ts');
    const client = this.#client ?? eventSourceClient;
    const command = new GetEventSourceMappingCommand({ UUID: id });
    try {
      return toState(await callAws('Lambda', () => client.send(command, this.#call), [GONE]));
    } catch (error) {
      if (error instanceof Error && error.name === GONE) return undefined;
      throw error;
    }
  }

  /**
   * Tells an event source what to do. Tells whether Lambda took it: not while it makes another change, nor when there
   * is none of this id (any more).
   */
  async set(id: string, { isEnabled, maxInstances }: EventSourceState): Promise<boolean> {
    const { eventSourceClient, UpdateEventSourceMappingCommand } = await import('./event-source-client.ts');
    const client = this.#client ?? eventSourceClient;
    const command = new UpdateEventSourceMappingCommand({
      UUID: id,
      Enabled: isEnabled,
      ...(maxInstances !== undefined && { ScalingConfig: { MaximumConcurrency: maxInstances } }),
    });
    try {
      await callAws('Lambda', () => client.send(command, this.#call), [GONE, IN_USE]);
      return true;
    } catch (error) {
      if (error instanceof Error && (error.name === GONE || error.name === IN_USE)) return false;
      throw error;
    }
  }
}

/** Lambda changes an event source within some seconds, and meanwhile shows what it is becoming. */
function toState({ State, ScalingConfig }: EventSourceMappingConfiguration): EventSourceState {
  const maxInstances = ScalingConfig?.MaximumConcurrency;
  return {
    isEnabled: State !== 'Disabled' && State !== 'Disabling',
    ...(maxInstances !== undefined && { maxInstances }),
  };
}
