/** Every number the product promises or is bound by, with its source. Sizes are bytes, times are seconds unless named. */

/** FC contract section 15: 1 to 128 characters, starting with a letter or `_`. */
export const TASK_ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/;

/** Our rule for function names: they are part of keys, object keys, IAM patterns (`<functionName>#*`) and URLs. */
export const FUNCTION_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** What a caller may send as its own request id: printable ASCII, as an HTTP header carries it. */
export const REQUEST_ID_PATTERN = /^[\x21-\x7e]{1,128}$/;

/** How a caller may name its own customers, to share its functions fairly among them: printable ASCII. */
export const TENANT_PATTERN = /^[\x21-\x7e]{1,128}$/;

/** Largest payload and largest result: as much as the contract's returnPayload (section 15), and one SQS message. */
export const PAYLOAD_MAX_BYTES = 1024 * 1024;
export const RESULT_MAX_BYTES = 1024 * 1024;

/**
 * What stays in the row; above it S3 is cheaper. DynamoDB bills every status write by the whole item's size:
 * about $1.9 per payload KB and million tasks, against $5.4 flat for an S3 put and get.
 */
export const INLINE_PAYLOAD_MAX_BYTES = 2 * 1024;
export const INLINE_RESULT_MAX_BYTES = 4 * 1024;

/**
 * With task mode off, what stays in the message, within JSON; above it S3 is cheaper: each 64 KB are another SQS request when
 * it is sent and when it is received, $0.8 a million. All that FC takes (128 KB, contract section 4) stays.
 */
export const INLINE_INVOCATION_PAYLOAD_MAX_BYTES = 128 * 1024;

/**
 * Each of the two texts of a kept end that stays in its row. Such a row is written, read and deleted: with two texts of 4 KB
 * that is $12 per million ends, as much as two objects; with whole payloads it would be $120.
 */
export const KEPT_END_TEXT_MAX_BYTES = 4 * 1024;

/** What a report shows of a request id. The API takes 128 characters; workflows and triggers have ids of their own. */
export const REQUEST_ID_MAX_BYTES = 256;

/** Our own: FC ends at 3,600 s (contract section 4). A payload outlives this, the event age and the retention. */
export const DELAY_MAX_SECONDS = 604_800;

/** SQS DelaySeconds reaches 900 s (AWS SQS quotas). A task that is due later is woken up by the sweep. */
export const QUEUE_DELAY_MAX_SECONDS = 900;

/** FC contract section 8. */
export const RETRY_ATTEMPTS_RANGE = { min: 0, max: 8, default: 3 } as const;
export const EVENT_AGE_SECONDS_RANGE = { min: 1, max: 604_800, default: 86_400 } as const;

/** Our own: an ARN of AWS's has at most some 300 characters, and a URL of 1,024 is a long one. */
export const DESTINATION_MAX_CHARACTERS = 1024;

/** FC contract section 6. Two defaults are documented there (20 and 50); the SDK's holds. */
export const LIST_LIMIT_RANGE = { min: 1, max: 100, default: 20 } as const;

/** How long an ended task can be read (FC contract section 15). */
export const RETENTION_SECONDS = 7 * 86_400;

/**
 * How long a removed function is remembered: until its last task is forgotten, which was submitted right before with
 * the longest delay and the longest event age. Each run of the sweep looks for its tasks until then.
 */
export const REMOVED_FUNCTION_SECONDS = DELAY_MAX_SECONDS + EVENT_AGE_SECONDS_RANGE.max + RETENTION_SECONDS;

/** S3 rules. A payload outlives delay (7 d), event age (7 d) and retention (7 d); a result only the retention. */
export const PAYLOAD_RETENTION_DAYS = 23;
export const RESULT_RETENTION_DAYS = 8;

/** What one index shard carries is about 500 tasks/s: DynamoDB takes 1,000 write units/s per partition. */
export const SHARDS_RANGE = { min: 1, max: 64, default: 8 } as const;

/** A message that arrives this much early (clock skew between machines) still starts its task. */
export const EARLY_START_MS = 1000;

/** A row this old and still Enqueued, whose submit is repeated, is sent again: its first submit may have died. */
export const RESEND_AFTER_MS = 5000;

/**
 * The sweep runs once a minute, and ends by itself before Lambda's time-out of 60 s. It works in lanes side by side, each
 * with its own time (`workMs`) and requests (`atOnce` tasks at once, 45 in all: the SDK keeps 50 connections a service). In
 * a lane, so many functions (`functionsAtOnce`) work at once, each in turns of 100 tasks. What exceeds its bounds, the next run does.
 */
export const SWEEP_LANES = {
  deadRuns: { workMs: 45_000, functionsAtOnce: 2, atOnce: 8 },
  due: { workMs: 45_000, functionsAtOnce: 4, atOnce: 16 },
  waiting: { workMs: 45_000, functionsAtOnce: 2, atOnce: 8 },
  followUps: { workMs: 45_000, functionsAtOnce: 2, atOnce: 8 },
  deadLetters: { workMs: 30_000, functionsAtOnce: 4, atOnce: 10 },
  settings: { workMs: 30_000, functionsAtOnce: 2, atOnce: 2 },
} as const;

/** A function's turn in a lane: as many tasks as one BatchGetItem reads (AWS DynamoDB quota). */
export const SWEEP_TURN_TASKS = 100;

/** All lanes together read the small fields of so many rows at once: 4 turns of 100, some 2 MB at most. */
export const SWEEP_READS_AT_ONCE = 4;

/** And so many whole rows at once, each of at most 400 KB (AWS DynamoDB quota), which is some 2 MB in memory. */
export const SWEEP_WHOLE_ROWS_AT_ONCE = 16;

/** A lane leaves a function for the next run after so many failures; and at once where AWS is away or its queue is gone. */
export const SWEEP_FAILURES_MAX = 10;

/** A query of an index looks at 300 entries at most, about 50 KB: a page that waits for its function's turn is small. */
export const SWEEP_PAGE_ENTRIES = 300;

/** In a shard of waiting tasks a run looks at the oldest, and at those behind where it looked last, until so many need nothing. */
export const SWEEP_WAITING_LOOK = 300;

/** A task whose wake-up could not be sent is looked at again after this, so that it does not stand before the others. */
export const WAKE_RETRY_MS = 10 * 60_000;

/** A Retrying task that no worker took for so long after its back-off is Failed: TTL would forget it a week later, without a word. */
export const RETRYING_MAX_MS = 7 * 86_400_000;

/** What DynamoDB leaves out of a batch of reads is asked for again: after these pauses, and for so long. */
export const BATCH_GET_PAUSE_MS = { min: 20, max: 500 } as const;
export const BATCH_GET_WITHIN_MS = 2000;

/** How far ahead the sweep sends wake-ups: within SQS's 15 minutes even where a run comes a minute late. */
export const SWEEP_AHEAD_MS = 14 * 60_000;

/** A run is taken for dead only this long after its lease: clocks differ. */
export const DEAD_AFTER_LEASE_MS = 5000;

/** The sweep leaves tasks alone that were submitted within the last minute: their wake-ups are on their way. */
export const SWEEP_MIN_AGE_MS = 60_000;

/** A due task is an orphan this long after when its queue is empty. SQS's message counts lag by up to a minute. */
export const ORPHAN_AFTER_MS = 2 * 60_000;

/** While its queue holds messages, its own may be among them: then it is sent again only from this age on. */
export const ORPHAN_IN_BACKLOG_AFTER_MS = 10 * 60_000;

/** And at most so many of a function in one run: a backlog may not be fed by what is meant to heal it. */
export const ORPHANS_IN_BACKLOG_MAX = 100;

/** How often a run asks a dead-letter queue for ten messages while it gives some. */
export const DEAD_LETTER_RECEIVES_MAX = 100;

/**
 * The largest body for each kind of destination, less 1 KB where what goes along with it counts: an SQS message has at
 * most 1 MiB (AWS SQS quotas) and one of SNS 256 KiB (AWS SNS quotas); an asynchronous invocation and an event 1 MB (AWS
 * Lambda and EventBridge quotas; they were 256 KB until October 2025 and January 2026, and neither says whether its MB
 * is a round one). A webhook's receiver is nobody's quota: as much as a topic, which is a lot by Standard Webhooks.
 */
export const FOLLOW_UP_MAX_BYTES = {
  queue: 1024 * 1024 - 1024,
  topic: 256 * 1024 - 1024,
  function: 1_000_000,
  eventBus: 1_000_000 - 1024,
  webhook: 256 * 1024,
} as const;

/** The sweep hands a follow-up over this long after the task's end: until then it is on its way. */
export const FOLLOW_UP_SWEEP_AFTER_MS = 60_000;

/** And again at this interval, until the destination took it or the task is forgotten. */
export const FOLLOW_UP_REPEAT_MS = 10 * 60_000;

/**
 * How often a destination is tried: five times a minute apart, by messages; then nine times more, by the sweep, after
 * 10 minutes and twice as long each time. That is 3.5 days, as long as Standard Webhooks recommends, and half as long as
 * the task is kept.
 */
export const FOLLOW_UP_ATTEMPTS = { byMessage: 5, max: 14 } as const;
export const FOLLOW_UP_RETRY_SECONDS = 60;

/** A message whose tries cannot even be noted ends in the dead-letter queue after so many. */
export const FOLLOW_UP_RECEIVE_COUNT = 10;

/** What a destination that did not take a message said, in the task's row. */
export const DELIVERY_ERROR_MAX_BYTES = 256;

/** Standard Webhooks recommends 15 to 30 s. */
export const WEBHOOK_TIMEOUT_MS = 15_000;

/**
 * How long an instance fails deliveries to a host at once after a time-out: a host that hangs then takes a third of an
 * instance's time and not all of it. Tries of one end are a minute apart, so each of its tries still is one.
 */
export const WEBHOOK_BREAKER_MS = 30_000;

/** A webhook's signing key (Standard Webhooks: 192 to 512 bits), and how long a handler trusts what it read of it. */
export const WEBHOOK_KEY_BYTES = { min: 24, max: 64 } as const;
export const WEBHOOK_SECRET_CACHE_MS = 5 * 60_000;

/** The function that answers workflows and tells queues, topics, functions and buses: some 1,000 follow-ups/s. */
export const FOLLOW_UP_CONCURRENCY = { batchSize: 10, maxConcurrency: 10 } as const;

/**
 * The function that tells webhooks, one at a time, so that none waits for another. Fifty instances tell some 100 receivers/s
 * that answer within half a second, and try 3/s while all hang; more would take too much of an account's 1,000 instances.
 */
export const WEBHOOK_CONCURRENCY = { batchSize: 1, maxConcurrency: 50 } as const;

/**
 * What events and schedules send is submitted by ten, 10 at once: some 2,000 tasks/s. What fails is tried again after this,
 * about an hour long; then it waits in the dead-letter queue for somebody who sends it again.
 */
export const TRIGGER_CONCURRENCY = { batchSize: 10, maxConcurrency: 10 } as const;
export const TRIGGER_RETRY_SECONDS = 60;
export const TRIGGER_RECEIVE_COUNT = 60;

/** The most that EventBridge tries to deliver what a trigger is set off by (Amazon EventBridge, retry policy). */
export const TRIGGER_DELIVERY = { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 } as const;

/** With the id of an event (36 characters) or a scheduled time it is a task's id. */
export const TRIGGER_ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

/** The largest output that Step Functions takes (AWS Step Functions quotas: 256 KiB per state, as UTF-8). */
export const WORKFLOW_TEXT_MAX_BYTES = 262_144;

/** How many executions that have ended are seen to at once, each by its own invocation: its history may be a long one. */
export const WORKFLOW_STOP_CONCURRENCY = { batchSize: 1, maxConcurrency: 10 } as const;

/**
 * That an execution has ended is looked at twice at least, since its history is told with a lag (GetExecutionHistory is
 * eventually consistent), and for as long as a submit of its may still come; again while AWS fails us.
 */
export const WORKFLOW_HISTORY_LAG_MS = 5000;
export const WORKFLOW_SUBMIT_WITHIN_MS = 60_000;
export const WORKFLOW_STOP_RETRY_SECONDS = { again: 10, failed: 60 } as const;

/**
 * For how long a bulk job, or an execution that has ended, is tried again by fresh messages while AWS fails us. After that the
 * message fails instead: it comes again after its visibility time-out, and is a dead letter after so many receives, some 2 h.
 */
export const FRESH_RETRY_MS = 20 * 60_000;
export const FRESH_RETRY_RECEIVE_COUNT = 20;

/**
 * How an execution may be named when it is started here: what Step Functions recommends (letters, digits, - and _), of
 * its 80 characters. Those that were started elsewhere may have whatever Step Functions takes (StartExecution).
 */
export const NEW_EXECUTION_NAME_PATTERN = /^[A-Za-z0-9_-]{1,80}$/;
export const EXECUTION_NAME_PATTERN = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

/** What StopExecution and SendTaskFailure take (AWS Step Functions API). */
export const EXECUTION_ERROR_MAX_CHARACTERS = 256;
export const EXECUTION_CAUSE_MAX_CHARACTERS = 32_768;

/** One page of an execution's steps: as many as BatchGetItem reads tasks at once. */
export const STEPS_LIMIT_RANGE = { min: 1, max: 100, default: 100 } as const;

/** What a step tells of its error's cause, which may have 32 KB: a page of a hundred is one answer. */
export const STEP_CAUSE_MAX_BYTES = 1024;

/** For how long a history is read on, and the reading's deadline. A history has 25,000 events at most (AWS quota), 1,000 a request. */
export const HISTORY_WORK_MS = 5000;
export const HISTORY_DEADLINE_MS = 8000;

/** Lambda ends an invocation at 900 s (AWS Lambda quotas). */
export const LAMBDA_TIMEOUT_MAX_SECONDS = 900;

/** How long code that must end has to heed `context.signal` before it is killed. */
export const STOP_GRACE_SECONDS_RANGE = { min: 0, max: 60, default: 5 } as const;

/** After the time-out and the grace: time for pausing the code and for our own last write. */
export const TIMEOUT_MARGIN_SECONDS = 5;

/** A message held by a throttled poller may be invoked late; it must not reappear while its task runs. */
export const VISIBILITY_MARGIN_SECONDS = 60;

/** SQS's highest; a wake-up that cannot start its task must not be the reason why the task fails. */
export const MAX_RECEIVE_COUNT = 1000;
export const QUEUE_RETENTION_DAYS = 14;

/** How often code was begun for a message is known for as long as the message is. */
export const RUN_COUNT_RETENTION_SECONDS = QUEUE_RETENTION_DAYS * 86_400;

/** Bounds of the event source's maximum concurrency (AWS Lambda ScalingConfig). */
export const MAX_CONCURRENCY_RANGE = { min: 2, max: 1000, default: 100 } as const;

/** Bounds of the event source's provisioned mode (AWS Lambda ProvisionedPollerConfig). */
export const POLLERS_RANGE = { minimum: { min: 2, max: 200 }, maximum: { min: 2, max: 2000 } } as const;

/** How many invocations one poller of the provisioned mode runs at once (AWS Lambda, provisioned mode for SQS). */
export const INVOCATIONS_PER_POLLER = 10;

/**
 * Where a concurrency that was put is deleted, the sweep looks at the event source for this long: longer than any
 * request lives that could still set it otherwise (10 s, API_FUNCTION in lib/task-api.ts).
 */
export const CONCURRENCY_RESET_MS = 2 * 60_000;

/** SQS batches without a batching window hold at most 10 messages (AWS Lambda event source mapping). */
export const INSTANCE_CONCURRENCY_RANGE = { min: 1, max: 10, default: 1 } as const;

/** How much an error's text may take in the row, which is billed at every write. */
export const ERROR_TYPE_MAX_BYTES = 128;
export const ERROR_MESSAGE_MAX_BYTES = 1024;
export const ERROR_STACK_MAX_BYTES = 512;
export const EVENT_DETAIL_MAX_BYTES = 512;
export const HAND_BACK_CAUSE_MAX_BYTES = 256;

/** How much of a task's history is kept: its beginning and its latest; what was between is counted. */
export const EVENTS_KEPT = { first: 20, last: 80 } as const;

/** How long a handler trusts what it read from the function registry. */
export const REGISTRY_CACHE_MS = 30_000;

/**
 * How far the time of a signature may lie from ours, as on Alibaba Cloud: what was recorded is worthless after that, and
 * until then each signature is taken once. Its mark is kept a little longer, for clocks of ours that differ.
 */
export const SIGNATURE_SKEW_MS = 15 * 60_000;
export const NONCE_MARGIN_SECONDS = 300;

/**
 * How long a handler trusts the access keys that it read: a key that was taken away is refused from then on. While
 * Secrets Manager does not answer they are trusted longer, and it is asked again every 10 s.
 */
export const ACCESS_KEYS_CACHE_MS = 60_000;
export const ACCESS_KEYS_STALE_MS = 5 * 60_000;
export const ACCESS_KEYS_RETRY_MS = 10_000;

/** The FC SDK gives up after 3 s (contract section 1): all our calls for one request end before. */
export const REQUEST_DEADLINE_MS = 2500;

/** API Gateway ends a request at 30 s (AWS API Gateway quotas, HTTP API): a synchronous invocation is answered before. */
export const SYNC_DEADLINE_MS = 28_000;

/**
 * Counting a function's tasks: how many entries of each shard and coarse state are looked at, some 12 KB, so that at 8 shards
 * numbers up to 800 are exact in any case; and of how many functions at once.
 */
export const COUNT_SHARD_ENTRIES = 100;
export const COUNT_FUNCTIONS_AT_ONCE = 4;

/**
 * One batch of submits: how many tasks it has (ours), how many rows are written at once (the SDK keeps 50 connections), and
 * how long it takes at the most. 100 rows take some 50 ms; a task that AWS did not take by then is to be repeated.
 */
export const BATCH_TASKS_MAX = 100;
export const BATCH_WRITES_AT_ONCE = 25;
export const BATCH_DEADLINE_MS = 8000;

/**
 * A task's row is written within this of its submit time, or the submit fails: the longest deadline of the API's submits.
 * Submits of triggers and workflows may take longer (30 s); the write itself ends here for all of them.
 */
export const CREATE_DEADLINE_MS = Math.max(REQUEST_DEADLINE_MS, BATCH_DEADLINE_MS);

/** SQS takes at most ten messages in one request (AWS SQS quotas). */
export const QUEUE_BATCH_MAX = 10;

/**
 * How long GetAsyncTask waits for a task's end, at the most: with a last read of REQUEST_DEADLINE_MS within API Gateway's
 * 30 s. It looks after 100 ms, then at intervals half as long again, up to 2 s: 16 reads in 20 s.
 */
export const WAIT_MAX_SECONDS = 25;
export const WAIT_POLL = { firstMs: 100, growth: 1.5, maxMs: 2000 } as const;

/**
 * Largest result of a synchronous invocation, as base64 or with its escapes, whichever is less. Lambda answers 6 MB
 * (AWS Lambda quotas) twice on its way, once beside the answer's headers.
 */
export const SYNC_RESULT_MAX_BYTES = 6 * 1024 * 1024 - 64 * 1024;

/** One list request: what it may take in time, and in encoded JSON (Lambda answers 6 MB, base64 takes a third). */
export const LIST_WORK_MS = 1500;
export const LIST_PAGE_MAX_BYTES = 4 * 1024 * 1024;

/** How late an index is taken to follow its rows. Usually it is a fraction of a second (AWS DynamoDB, global secondary indexes). */
export const INDEX_LAG_MS = 2000;

/**
 * A list in ascending order ends this long before now, so that a reader that follows its tail misses no task. It is sorted
 * by submit time, which is taken before the row is written: a row that DynamoDB takes only at the deadline is in the index
 * this much later, and by then must not stand before a token that has been given out. Descending lists have no such age.
 */
export const LIST_ASC_AGE_MS = CREATE_DEADLINE_MS + INDEX_LAG_MS;

/** Back-off before a failed attempt is repeated: exponential with full jitter, within these. */
export const BACK_OFF_SECONDS = { base: 1, max: 900 } as const;

/** How long a run is believed alive without another heartbeat from its supervisor: the sweep notices a crash within a minute after. */
export const LEASE_SECONDS_RANGE = { min: 3, max: 300, default: 60 } as const;

/**
 * In lengths of a lease: when a run's first heartbeat comes, so that most runs need none, and how often the next, so
 * that one or two may be lost.
 */
export const HEARTBEAT = { first: 1 / 6, next: 1 / 3 } as const;

/**
 * A function whose Lambda time-out is no longer than this has no heartbeats: Lambda ends a dead run about as soon as its
 * lease would, and most tasks are that short.
 */
export const HEARTBEAT_FREE_TIMEOUT_SECONDS = 90;

/** How often the supervisor asks whether its task was stopped, once the task has outlived its first second. */
export const STOP_POLL_MS = 1000;

/**
 * A caller's submits are counted over all instances of the API in batches of so many. A count takes two requests at the
 * most, so that a submit takes 0.05 at the most, and a caller's row is written five times a second at 100 submits/s.
 */
export const SUBMITS_PER_COUNT = 40;

/**
 * Counts are by periods of this length: each begins anew, and nobody is told to come again later than that. Shorter, a caller of a low rate who
 * floods eight instances is not refused for long enough: 4.6 times its rate of 1/s at 60 s, 1.9 times at 300 s.
 */
export const SUBMIT_COUNT_SECONDS = 300;

/** How long a submit waits for a count, which takes some 10 ms. */
export const SUBMIT_COUNT_DEADLINE_MS = 500;

/** Of how many callers one instance knows what they submitted: some 200 kB. */
export const SUBMIT_CALLERS_KNOWN = 1000;

/** What a deployment may let each caller submit. Above it, API Gateway's own limit comes first (AWS quota). */
export const SUBMIT_RATE_RANGE = { min: 1, max: 10_000 } as const;
export const SUBMIT_BURST_RANGE = { min: 1, max: 10_000 } as const;

/**
 * What a deployed API takes from all callers together, where its deployment says nothing else; API Gateway answers 429
 * above it, before any function runs. At some 50 ms a request, 1,000 a second keep about 50 instances busy, and are what
 * a new table takes on its first day. Each request of a burst may need an instance of its own: 500 leave the other half
 * of an account's default concurrency (1,000, AWS Lambda quotas) to the workers.
 */
export const REQUEST_RATE = { perSecond: 1000, burst: 500 } as const;

/** An account's quota is 10,000 a second with a burst of 5,000 (AWS API Gateway quotas), and can be raised. */
export const REQUEST_RATE_RANGE = { min: 1, max: 100_000 } as const;

/** The supervisor's thread takes 44 MB, and below this its share of a CPU is too small to stop anything in time. */
export const SUPERVISED_MEMORY_MIN_MB = 256;

/** AWS Lambda's memory quota. 512 MB is about a third of a CPU. */
export const MEMORY_MB_RANGE = { min: 128, max: 10_240, default: 512 } as const;

export const TASK_TIMEOUT_DEFAULT_SECONDS = 60;

/** How often one task can be redriven: its history and its row stay bounded. */
export const REDRIVES_MAX = 20;

/** How often a webhook is told of an alarm until it takes it, a minute apart. An older alarm is no news. */
export const ALARM_WEBHOOK_RECEIVE_COUNT = 10;
export const ALARM_WEBHOOK_RETRY_SECONDS = 60;

/**
 * For how many days CloudWatch keeps metrics in periods of a minute, of five and of an hour (AWS CloudWatch, metrics
 * retention). GetMetricData answers 100,800 values at most in one page: some 30 statistics of a day's minutes are half of that.
 */
export const METRIC_RETENTION_DAYS = { minutes: 15, fiveMinutes: 63, hours: 455 } as const;
export const METRIC_POINTS_MAX = 1440;
export const METRIC_PERIOD_SECONDS_MAX = 86_400;
export const METRIC_WINDOW_DEFAULT_MS = 3 * 3_600_000;

/**
 * One page of a task's log: lines, and what it may take in time, calls and JSON. CloudWatch Logs answers at most 1 MB a call, and
 * takes as few as five calls a second from an account (AWS CloudWatch Logs quotas, FilterLogEvents).
 */
export const LOG_LIMIT_RANGE = { min: 1, max: 1000, default: 200 } as const;
export const LOG_WORK_MS = 1500;
export const LOG_CALLS_MAX = 3;
export const LOG_PAGE_MAX_BYTES = 2 * 1024 * 1024;

/** How long after a run's end its last lines are written: ours about its end, and Lambda's about an instance that was killed, within 4.5 s. */
export const LOG_LATE_MS = 5000;

/** How long after it was written a line can be read, usually. Nothing is promised: Lambda's own documentation has minutes. */
export const LOG_LAG_MS = 5000;

/** How many tasks one bulk job acts on at the most: some minutes' work. What is left, another job does. */
export const BULK_TASKS_RANGE = { min: 1, max: 100_000, default: 10_000 } as const;

/** Why somebody has a bulk job done, in the job's row. */
export const BULK_REASON_MAX_CHARACTERS = 256;

/** For how long a bulk job can be read: an audit of a quarter of a year. */
export const BULK_RETENTION_SECONDS = 90 * 86_400;

/** Of how many tasks a bulk job tells why they were refused; of the others it has the codes and their counts. */
export const BULK_ERRORS_KEPT = 10;

/**
 * A bulk job acts on so many tasks between two writes of its progress: as many as BatchGetItem reads, and some tenths of a
 * second's work. Their ids take 13 KB of its row at the most.
 */
export const BULK_BATCH_TASKS = 100;

/** How many tasks it acts on at once while AWS takes all its calls; fewer while AWS does not. */
export const BULK_TASKS_AT_ONCE = 20;

/** A query of an index by a bulk job looks at so many entries, some 200 KB. */
export const BULK_SCANNED_ENTRIES = 1000;

/** A dry run looks at so many in one query, about 1 MB, which is DynamoDB's page; and at so many shards at once. */
export const BULK_COUNT_SCANNED_ENTRIES = 5000;
export const BULK_COUNTS_AT_ONCE = 8;

/** While it finds no task to act on, it notes how far it has looked about this often. */
export const BULK_LOOK_MS = 2000;

/** How often a job goes through the index for tasks that have moved while it did: each pass finds far fewer. */
export const BULK_PASSES_MAX = 5;

/** Where AWS fails it, a bulk job waits before it goes on: twice as long each time, within these. */
export const BULK_PAUSE_MS = { min: 250, max: 8000 } as const;

/** A bulk job that AWS keeps from acting on any task for so long has failed. */
export const BULK_STALLED_MS = 3_600_000;

/**
 * Who works on a bulk job is believed alive for this long after its last word, and acts on nothing in the last half
 * minute: three calls to AWS, each over after some 6 s at the worst (CALL in lambdas/aws/clients.ts).
 */
export const BULK_LEASE_MS = 120_000;
export const BULK_LEASE_MARGIN_MS = 30_000;

/** The sweep wakes a job's worker again so long after its lease, and then at this interval. */
export const BULK_WAKE_AFTER_MS = 60_000;
export const BULK_WAKE_REPEAT_MS = 10 * 60_000;

/** A worker's invocation ends this long before its time-out, and its message comes again for the rest. */
export const BULK_TIMEOUT_SECONDS = 300;
export const BULK_TIMEOUT_MARGIN_MS = 45_000;

/** One job a worker, and so many jobs at once: what the others need of the account's Lambda and DynamoDB stays theirs. */
export const BULK_CONCURRENCY = { batchSize: 1, maxConcurrency: 5 } as const;
