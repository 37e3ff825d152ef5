import { type TaskFailure, taskFailure } from '../domain/failure.ts';

/**
 * What an error of Lambda's Invoke says about the function that was to run.
 * `notYet`: it has not run, and may do so later. `never`: it has not run, and will not until somebody changes it.
 * `unknown`: it may have run, and may be running.
 */
type Verdict = 'notYet' | 'never' | 'unknown';

/**
 * The errors that Invoke documents, and those of a worker whose own signature is refused (AWS Lambda API reference, Invoke,
 * Errors, and Common Errors; function states: AWS Lambda Developer Guide, "Lambda function states").
 *
 * - All of 429 come before the run, whatever limit is their `Reason`.
 * - A function that is Pending or Inactive becomes Active by itself; its invocations fail until then. Interfaces, IP addresses and
 *   EC2 calls that Lambda has too few of are capacity: others give them back, as other invocations do with concurrency.
 * - Mounts and restores that took too long (408) come before the handler, and the next instance may be faster. Those that were
 *   refused (403), or that failed in the function's own hook (400) or file (410), are the function's.
 * - The other 502s are settings of the function: its key, its package, its runtime, its subnets.
 * - Only `ServiceException` says nothing about the run.
 */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  TooManyRequestsException: 'notYet',
  CodeArtifactUserDeletedException: 'notYet',
  CodeArtifactUserPendingException: 'notYet',
  EC2ThrottledException: 'notYet',
  EC2UnexpectedException: 'notYet',
  EFSMountConnectivityException: 'notYet',
  EFSMountTimeoutException: 'notYet',
  ENILimitReachedException: 'notYet',
  ENINotReadyException: 'notYet',
  ResourceConflictException: 'notYet',
  ResourceNotReadyException: 'notYet',
  S3FilesMountConnectivityException: 'notYet',
  S3FilesMountTimeoutException: 'notYet',
  SnapStartNotReadyException: 'notYet',
  SnapStartRegenerationFailureException: 'notYet',
  SnapStartTimeoutException: 'notYet',
  SubnetIPAddressLimitReachedException: 'notYet',
  // The worker was frozen for so long that its clock or its credentials are old. The SDK takes new ones for the next call.
  CredentialsProviderError: 'notYet',
  ExpiredTokenException: 'notYet',
  InvalidSignatureException: 'notYet',

  CodeArtifactUserFailedException: 'never',
  DurableExecutionAlreadyStartedException: 'never',
  EC2AccessDeniedException: 'never',
  InvalidRuntimeException: 'never',
  InvalidSecurityGroupIDException: 'never',
  InvalidSubnetIDException: 'never',
  InvalidZipFileException: 'never',
  KMSAccessDeniedException: 'never',
  KMSDisabledException: 'never',
  KMSInvalidStateException: 'never',
  KMSNotFoundException: 'never',

  ServiceException: 'unknown',
};

/** Errors that end a call before its request is sent (Node.js, `net` and `dns`). */
const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/;

/** How the SDK says that no connection was there in time: it has no code (@smithy/node-http-handler, set-connection-timeout). */
const CONNECT_TIMEOUT = /did not establish a connection/;

interface InvokeError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly unknown[];
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Tells whether the function has certainly not run, and may do so later. */
export function isNotYetRun(error: unknown): boolean {
  return verdictOn(error) === 'notYet';
}

/**
 * Makes the failure of an attempt whose invocation failed: `Lambda.<AWS's name of the error>` where the function has not run, and
 * `Target.AnswerLost` where it may have.
 */
export function failureOfInvoke(error: unknown): TaskFailure {
  const { name = 'Error' } = error as InvokeError;
  return verdictOn(error) === 'unknown'
    ? taskFailure(
        'UnhandledInvocationError',
        'Target.AnswerLost',
        `the existing function was invoked, and its answer was lost (${name}): it may have run, and may run on`,
      )
    : taskFailure(
        'UnhandledInvocationError',
        `Lambda.${name}`,
        `the existing function was not invoked: ${reasonOf(error)}`,
      );
}

const REASONS: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'it does not exist',
  AccessDeniedException: 'the worker may not invoke it',
};

/** AWS's message, unless it names accounts or resources: callers of the API read it. */
function reasonOf(error: unknown): string {
  const { name = 'Error', message = '' } = error as InvokeError;
  return (
    REASONS[name] ?? (message === '' || /arn:|\d{12}/.test(message) ? `AWS Lambda answered ${name}` : message)
  );
}

function verdictOn(error: unknown): Verdict {
  const { name = '', $metadata } = error as InvokeError;
  const status = $metadata?.httpStatusCode;
  if (Object.hasOwn(VERDICTS, name)) return VERDICTS[name] as Verdict;
  if (status === undefined) return isBeforeConnect(error) ? 'notYet' : 'unknown';
  // Of errors that are yet to come: a limit, a state, or a time-out before the function began.
  if (status === 429 || status === 409 || status === 408 || /Throttl/.test(name)) return 'notYet';
  return status >= 400 && status < 500 ? 'never' : 'unknown';
}

function isBeforeConnect(error: unknown): boolean {
  const { code = '', syscall, message = '', errors } = error as InvokeError;
  if (NOT_CONNECTED.test(code) || syscall === 'connect' || syscall === 'getaddrinfo') return true;
  // Of each address that a name has (Node.js, autoSelectFamily).
  if (errors !== undefined && errors.length > 0) return errors.every(isBeforeConnect);
  return CONNECT_TIMEOUT.test(message);
}
