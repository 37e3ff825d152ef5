import { TaskModeError } from '../domain/errors.ts';
import { timed } from './call-times.ts';

interface AwsError {
  readonly name?: string;
  readonly $retryable?: object;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const TRANSIENT =
  /^(AbortError|TimeoutError|NetworkingError|.*Throttl.*|ProvisionedThroughputExceeded.*|RequestLimitExceeded|ECONN.*|EPIPE|ENOTFOUND)$/;

function isTransient(error: unknown): boolean {
  const { name, $metadata, $retryable } = error as AwsError;
  const status = $metadata?.httpStatusCode;
  return (
    $retryable !== undefined ||
    (status !== undefined && (status >= 500 || status === 429)) ||
    TRANSIENT.test(name ?? '') ||
    TRANSIENT.test(String((error as { code?: unknown }).code ?? ''))
  );
}

/**
 * Makes one call to AWS and turns its faults into ours, so that no AWS message reaches a caller.
 * Errors that the caller of this function decides on (conditions, missing objects) are named in `expected`.
 * @throws TaskModeError `ServiceUnavailable` when AWS was slow, throttled or unreachable, else `InternalServerError`.
 */
export async function callAws<T>(
  service: string,
  call: () => Promise<T>,
  expected: readonly string[] = [],
): Promise<T> {
  try {
    return await timed(service, call);
  } catch (error) {
    if (error instanceof Error && expected.includes(error.name)) throw error;
    throw isTransient(error)
      ? new TaskModeError(
          'ServiceUnavailable',
          `${service} did not take the request in time. Repeating it with the same task id is safe.`,
          { cause: error },
        )
      : new TaskModeError('InternalServerError', 'an internal error has occurred. Please retry.', {
          cause: error,
        });
  }
}
