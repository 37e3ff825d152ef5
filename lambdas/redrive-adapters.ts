import { ApiAdapters } from './api-adapters.ts';
import { dynamoDb } from './aws/clients.ts';
import { EndStore } from './aws/end-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';

/** The adapters of one request that may run a task again: no other operation has them in its bundle. */
export class RedriveAdapters extends ApiAdapters {
  get ends(): EndStore {
    const tableName = requiredEnv(process.env, ENV.taskTableName);
    return new EndStore({ client: dynamoDb, tableName, signal: this.signal });
  }
}
