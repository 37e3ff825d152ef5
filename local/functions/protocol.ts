/** What the runtime and the process of an execution environment say to each other over IPC. */
export type ToEnvironment = InvokeMessage;
export type FromEnvironment =
  | { readonly kind: 'ready' }
  | { readonly kind: 'initFailed'; readonly error: FunctionError }
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly payloadJson: string }
  | {
      readonly kind: 'failed';
      readonly requestId: string;
      readonly error: FunctionError;
      /** The process ends right after this message. */
      readonly isFatal: boolean;
    };

export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly requestId: string;
  readonly functionArn: string;
  readonly payloadJson: string;
  readonly timeoutMs: number;
  /** What the caller put beside the payload. */
  readonly clientContext?: unknown;
}

/** An invocation's failure, as Lambda's Invoke answers it with `X-Amz-Function-Error`. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type InvokeOutcome = { readonly payload: unknown } | { readonly functionError: FunctionError };

/** What an invocation came to, and the end of what it logged where that was asked for. */
export type InvokeResult = InvokeOutcome & { readonly logTail?: Buffer };

export interface InvokeOptions {
  /** As Lambda's Invoke with LogType Tail. */
  readonly wantsLogTail?: boolean;
  /** As Lambda's Invoke with a ClientContext, decoded. */
  readonly clientContext?: unknown;
}
