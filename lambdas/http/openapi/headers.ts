/** Response headers, each with what it says. */
export type Headers = Readonly<Record<string, string>>;

/** What every answer of ours carries; what API Gateway answers by itself has none of it. */
export const COMMON_HEADERS: Headers = {
  'x-fc-request-id': "The id of the request: the caller's, or one of ours.",
  'server-timing':
    'How long the answer took, and how much of that each service of AWS, in ms (W3C Server Timing).',
};

/** What an answer 429 may carry. */
export const RETRY_HEADERS: Headers = {
  'retry-after': 'In how many whole seconds to come again.',
  'x-acs-retry-after': 'The same, as the FC SDK reads it.',
};

/** What is answered to the submit of a task. */
export const SUBMIT_HEADERS: Headers = {
  'x-fc-async-task-id': "The task's id. Absent with task mode off.",
};

/** What a synchronous call is answered with (FC contract sections 3 and 10). */
export const CALL_HEADERS: Headers = {
  'x-fc-error-type': 'The function failed: HandledInvocationError or UnhandledInvocationError.',
  'x-fc-invocation-duration': 'How long its code ran, in ms.',
  'x-fc-max-memory-usage': 'The most that its instance has taken so far, in MB.',
  'x-fc-invocation-code-version': 'LATEST.',
  'x-fc-instance-id': "The instance's log stream.",
  'x-fc-log-result': 'With x-fc-log-type: Tail, the last 4 KB of the log, in base64.',
};
