/** An engine that speaks an AWS wire protocol on this machine. */
export interface Engine {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** The account in every ARN and queue URL made here: the one that fauxqs puts into its own. */
export const ACCOUNT_ID = '000000000000';

/** The engines check no signature, but the SDK refuses to send without credentials. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

export const LOOPBACK = '127.0.0.1';
