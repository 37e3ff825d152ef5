import { TaskModeError } from './errors.ts';
import type { TerminalStatus } from './lifecycle.ts';
import { isShortened, shownDestination } from './shown-destination.ts';
import { quoted } from './text.ts';
import type { Trace } from './trace.ts';

/** Who can be told how a task ended. */
export type DestinationKind = 'queue' | 'topic' | 'function' | 'eventBus' | 'webhook';

export interface ParsedDestination {
  readonly kind: DestinationKind;
  /** Its one spelling: an ARN as it is, a URL in its normal form. */
  readonly destination: string;
}

/** A destination that the deployment allows. */
export interface AllowedDestination {
  readonly destination: string;
  /** The secret that deliveries to a webhook are signed with. */
  readonly secretArn?: string;
  /** Names of the functions that may use it. Absent: all functions, also in lists that were deployed before it existed. */
  readonly functions?: readonly string[];
}

/** Whether a function's tasks may be reported to an allowed destination. */
export function isAllowedFor({ functions }: AllowedDestination, functionName: string): boolean {
  return functions === undefined || functions.includes(functionName);
}

/** What a destination is told. */
export interface FollowUpMessage {
  /** By which who is told twice knows the second. */
  readonly id: string;
  /** JSON text. */
  readonly body: string;
  readonly status: TerminalStatus;
  readonly endTime: number;
  /** Empty when the function is not known any more. */
  readonly functionArn: string;
  /** Where the task's submit belongs in its caller's trace. */
  readonly trace?: Trace | undefined;
}

/** A destination did not take what it was told. The message is for whoever reads the task: it names no address. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /** It wants to be told nothing more. */
  readonly isFinal: boolean;
  /** It asks not to be tried again any sooner. */
  readonly retryAfterSeconds: number;

  constructor(
    message: string,
    { isFinal = false, retryAfterSeconds = 0, ...options }: DeliveryErrorOptions = {},
  ) {
    super(message, options);
    this.isFinal = isFinal;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface DeliveryErrorOptions extends ErrorOptions {
  readonly isFinal?: boolean;
  readonly retryAfterSeconds?: number;
}

const ARN_KINDS: readonly (readonly [DestinationKind, RegExp])[] = [
  ['queue', /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}$/],
  ['topic', /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/],
  ['function', /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:[\w$-]{1,128})?$/],
  ['eventBus', /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256}$/],
];

const FIFO = /^arn:aws[a-z-]*:(sqs|sns):.*\.fifo$/;

const HTTPS = 'an https:// URL';

const WANTED =
  'the ARN of an SQS queue, an SNS topic, a Lambda function or an EventBridge event bus, or an https:// URL';

/**
 * Tells what kind of destination a text names.
 * @throws TaskModeError `InvalidArgument` naming the field, what is wanted, and the text.
 */
export function parseDestination(field: string, text: string): ParsedDestination {
  const [kind] = ARN_KINDS.find(([, pattern]) => pattern.test(text)) ?? [];
  if (kind) return { kind, destination: text };
  if (/^https?:/i.test(text)) return { kind: 'webhook', destination: webhookUrl(field, text) };
  if (FIFO.test(text)) {
    throw refused(field, 'a standard queue or topic: no task has the group that a FIFO one wants', text);
  }
  throw refused(
    field,
    text.startsWith('acs:') ? `${WANTED}: names of Alibaba Cloud say nothing here` : WANTED,
    text,
  );
}

function webhookUrl(field: string, text: string): string {
  if (!URL.canParse(text)) throw refused(field, 'a URL', text);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw refused(field, 'a URL without user, password and fragment', text);
  }
  return url.href;
}

function refused(field: string, wanted: string, text: string): TaskModeError {
  // Error messages end up in logs of callers and of CI. What is no URL holds no credential for one.
  const shown = /^https?:/i.test(text) && URL.canParse(text) ? shownDestination(text) : text;
  const got = isShortened(shown) ? shown : text;
  return new TaskModeError('InvalidArgument', `${field} must be ${wanted}, got ${quoted(got)}`);
}

/** The refusal of a shortened address that is not the one of the destination that is configured. */
export function shortenedDestination(field: string, text: string): TaskModeError {
  return refused(
    field,
    'a whole address: this is a shortened one, as answers show it, and not that of the destination that is configured now',
    text,
  );
}

/**
 * The refusal of a well-formed destination that a function may not use. It is the same whether other functions may use
 * the destination or none may, so that a caller cannot probe for the destinations of other functions.
 */
export function destinationNotAllowed(field: string, functionName: string, text: string): TaskModeError {
  const wanted = isPlainHttp(text)
    ? HTTPS
    : `one of the destinations that this deployment allows for function '${functionName}' (its onSuccess and onFailure, and TaskMode.allowDestination)`;
  return refused(field, wanted, text);
}

/**
 * Checks a URL that is to be told by webhook.
 * @throws TaskModeError `InvalidArgument`
 */
export function checkedWebhook(
  field: string,
  text: string,
  { isPlainHttpAllowed = false } = {},
): ParsedDestination {
  const parsed = parseDestination(field, text);
  const isPlain = isPlainHttp(parsed.destination) && !isPlainHttpAllowed;
  if (parsed.kind !== 'webhook' || isPlain) throw refused(field, HTTPS, text);
  return parsed;
}

function isPlainHttp(text: string): boolean {
  return /^http:/i.test(text);
}
