import type { OperationName } from '../lambdas/domain/operations.ts';

/** A request before it is signed. */
export interface UnsignedRequest {
  readonly operation: OperationName;
  readonly method: string;
  readonly url: URL;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Says which headers prove who sends a request; asked anew for each attempt. */
export type Signer = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>;

/** Signs nothing: of the local runtime, or behind a proxy that signs. */
export const unsigned: Signer = async () => ({});
