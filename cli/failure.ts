import { isTaskModeError, statusesWith, type TaskModeClientError } from '../client/index.ts';
import { EXIT_CODE } from './exit-code.ts';

/** A wrong command line: it is told in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What could not be done, in words for the person at the terminal, and what to do about it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

export interface Explained {
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly exitCode: number;
}

/** Says what went wrong, and what to do, for everything that a command throws. */
export function explain(error: unknown): Explained {
  if (error instanceof UsageError) return { message: error.message, exitCode: EXIT_CODE.usage };
  if (error instanceof CommandError) {
    return { message: error.message, hint: error.hint, exitCode: EXIT_CODE.failed };
  }
  if (isTaskModeError(error)) {
    return { message: messageOf(error), hint: hintOf(error), exitCode: EXIT_CODE.failed };
  }
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  return { message, hint: HINT_OF_NAME[name], exitCode: EXIT_CODE.failed };
}

const LOG_IN =
  'Log in to AWS first ("aws sso login", "aws configure"), or name a profile with --profile or AWS_PROFILE.';

const REPORT = 'That is a mistake of ours. TASK_MODE_DEBUG=1 shows where it comes from.';

const HINT_OF_NAME: Readonly<Record<string, string>> = {
  CredentialsProviderError: LOG_IN,
  TokenProviderError: LOG_IN,
  TypeError: REPORT,
  RangeError: REPORT,
  ReferenceError: REPORT,
};

function messageOf(error: TaskModeClientError): string {
  if (error.code === 'ConnectionFailed') return `${originOf(error)} does not answer (${reasonOf(error)})`;
  const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
  return `${error.code}: ${error.message}${error.statusCode && error.statusCode >= 500 ? request : ''}`;
}

const WHAT_TO_DO: Readonly<Partial<Record<TaskModeClientError['code'], string>>> = {
  FunctionNotFound: '"task-mode functions" lists those there are.',
  AsyncTaskNotFound: '"task-mode list FUNCTION" shows the newest; an ended task is kept for 7 days.',
  AsyncTaskFinished: '"task-mode get FUNCTION TASK" shows how it ended.',
  WorkflowNotFound: '"task-mode workflows list" lists those there are.',
  ExecutionNotFound: '"task-mode workflows list WORKFLOW" shows the latest.',
  RedriveNotAllowed: `Only these can be redriven: ${statusesWith('redrive').join(', ')}.`,
  AccessDenied:
    'Sign with AWS credentials that may call execute-api:Invoke (--profile, --auth iam), or with an access key (TASK_MODE_ACCESS_KEY_ID, TASK_MODE_ACCESS_KEY_SECRET) that covers this function.',
  SignatureNotMatch: 'Check TASK_MODE_ACCESS_KEY_SECRET, and the clock of this machine.',
  InvalidAccessKeyID: 'Check TASK_MODE_ACCESS_KEY_ID.',
  UnexpectedResponse: 'Is this the address of a Task Mode API? See --endpoint and --stack.',
  ServiceUnavailable: 'Repeat it in a moment.',
  RequestTimeout: 'Repeat it in a moment.',
};

function hintOf(error: TaskModeClientError): string | undefined {
  if (error.code !== 'ConnectionFailed') return WHAT_TO_DO[error.code];
  return isLoopback(originOf(error))
    ? 'Start it with "npm start" or "npx task-mode dev", or name another one with --endpoint or --stack.'
    : 'Check the address (--endpoint, TASK_MODE_ENDPOINT, --stack) and the network.';
}

function originOf({ message }: TaskModeClientError): string {
  return /https?:\/\/[^\s:]+(?::\d+)?/.exec(message)?.[0] ?? 'the endpoint';
}

export function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
}

/** The platform's "fetch failed" has why as its cause, twice removed. */
function reasonOf(error: Error): string {
  let inner: unknown = error;
  for (let depth = 0; depth < 4 && inner instanceof Error && inner.cause instanceof Error; depth += 1) {
    inner = inner.cause;
  }
  const { code, message } = inner as Error & { code?: string };
  return { ECONNREFUSED: 'connection refused', ENOTFOUND: 'no such host' }[code ?? ''] ?? message;
}
