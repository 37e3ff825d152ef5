import { ApiAdapters } from './api-adapters.ts';
import { BulkJobIndex } from './aws/bulk-job-index.ts';
import { BulkJobStore } from './aws/bulk-job-store.ts';
import { dynamoDb } from './aws/clients.ts';
import { ENV, requiredEnv } from './domain/env.ts';

/** The adapters of one request about bulk jobs: no other operation has them in its bundle. */
export class BulkJobAdapters extends ApiAdapters {
  get jobs(): BulkJobStore {
    return new BulkJobStore(this.#table);
  }

  get jobIndex(): BulkJobIndex {
    return new BulkJobIndex(this.#table);
  }

  get bulkJobQueueUrl(): string {
    return requiredEnv(process.env, ENV.bulkJobQueueUrl);
  }

  get #table() {
    const tableName = requiredEnv(process.env, ENV.taskTableName);
    return { client: dynamoDb, tableName, signal: this.signal };
  }
}
