import { AllowedDestinations } from './aws/allowed-destinations.ts';
import { dynamoDb } from './aws/clients.ts';
import { EventSources } from './aws/event-sources.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { FunctionSettings } from './aws/function-settings.ts';
import { ENV, requiredEnv } from './domain/env.ts';

const table = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.functionTableName) };

/** Lives as long as the handler, and remembers for 30 s what it read. */
const allowedDestinations = new AllowedDestinations(table);

/** The adapters of one request about what is set on functions: each of their calls ends at the request's deadline. */
export class SettingsAdapters {
  readonly allowedDestinations = allowedDestinations;
  readonly registry = new FunctionRegistry(table);
  readonly settings: FunctionSettings;
  readonly eventSources: EventSources;
  readonly clock = Date.now;
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    this.settings = new FunctionSettings({ ...table, signal });
    this.eventSources = new EventSources({ signal });
  }
}
