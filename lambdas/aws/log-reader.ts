import {
  type CloudWatchLogsClient,
  FilterLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LoggedLine } from '../domain/log-line.ts';
import { callAws } from './faults.ts';

export interface LogReaderOptions {
  readonly client: CloudWatchLogsClient;
  readonly signal?: AbortSignal;
}

/** The lines of one instance between two instants, both inclusive. */
export interface LogQuery {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly startTime: number;
  readonly endTime?: number | undefined;
  readonly filterPattern?: string | undefined;
  readonly limit: number;
  /** Of the page before, with the same query. */
  readonly nextToken?: string | undefined;
}

export interface LogPage {
  readonly lines: readonly LoggedLine[];
  readonly nextToken: string | undefined;
}

const NOTHING: LogPage = { lines: [], nextToken: undefined };

// By the name on the wire: a bundle's minifier renames the SDK's classes.
const EXPECTED = ['ResourceNotFoundException', 'InvalidParameterException'];

/** What CloudWatch Logs keeps of functions. */
export class LogReader {
  readonly #client: CloudWatchLogsClient;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ client, signal }: LogReaderOptions) {
    this.#client = client;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /**
   * Reads lines, the oldest first. A page may be short or empty and still have a next one. A group or stream that there
   * is not has no lines: an instance's is made with its first line, and a removed function's is gone. Undefined when the
   * token is not good any more, which it is for a day.
   */
  async read({ logStreamName, ...query }: LogQuery): Promise<LogPage | undefined> {
    const command = new FilterLogEventsCommand({ ...query, logStreamNames: [logStreamName] });
    try {
      const { events = [], nextToken } = await callAws(
        'CloudWatchLogs',
        () => this.#client.send(command, this.#call),
        EXPECTED,
      );
      const lines = events.map(({ timestamp = 0, message = '' }) => ({ timestamp, text: message.trimEnd() }));
      return { lines, nextToken };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return NOTHING;
      if (error instanceof InvalidParameterException && query.nextToken !== undefined) return undefined;
      throw error;
    }
  }
}
