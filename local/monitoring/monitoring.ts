import type { Invocation } from '../functions/lambda-service.ts';
import type { AnsweredRequest } from '../gateway/gateway.ts';
import type { Alarm } from './alarm.ts';
import { AlarmAnnouncer, type AnnouncerOptions } from './alarm-announcer.ts';
import { AlarmWatch } from './alarm-watch.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { MetricStore } from './metric-store.ts';
import { type QueueFigures, QueueSampler } from './queue-sampler.ts';
import { recordInvocation, recordRequest, recordThrottle } from './service-metrics.ts';

/** How often queues and alarms are looked at. CloudWatch does once a minute. */
const LOOK_MS = 5000;

export interface MonitoringOptions extends AnnouncerOptions {
  readonly figuresOf: (queueName: string) => Promise<QueueFigures | undefined>;
  readonly now?: () => number;
}

/** CloudWatch on this machine: what is measured, and the alarms that watch it. All of it ends with the runtime. */
export class Monitoring {
  readonly store: MetricStore;
  readonly queues: QueueSampler;
  readonly alarms: AlarmWatch;
  readonly region: string;
  readonly now: () => number;
  readonly #log: (line: string) => void;
  readonly #announcer: AlarmAnnouncer;
  readonly #faultyFunctions = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: MonitoringOptions) {
    const { log, now = Date.now } = options;
    this.region = options.region;
    this.now = now;
    this.#log = log;
    this.#announcer = new AlarmAnnouncer(options);
    this.store = new MetricStore(now, () =>
      log('task-mode | there are too many metrics to keep: is one made of every id? New ones are dropped'),
    );
    this.queues = new QueueSampler(this.store, options.figuresOf, now);
    this.alarms = new AlarmWatch({
      store: this.store,
      now,
      onChange: (change) => this.#announcer.announce(change),
    });
  }

  addAlarm(alarm: Alarm): void {
    this.alarms.add(alarm);
    for (const { source } of alarm.kind === 'metric' ? alarm.queries : []) {
      if (source.kind !== 'metric' || source.metric.namespace !== 'AWS/SQS') continue;
      const { QueueName } = source.metric.dimensions;
      if (QueueName !== undefined) this.queues.watch(QueueName);
    }
  }

  start(): void {
    this.alarms.check();
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#announcer.settled();
  }

  /** Measures what is watched, then judges it. */
  look(): Promise<void> {
    this.#looking ??= this.queues
      .sample()
      .then(() => this.alarms.look())
      .catch((error: unknown) => this.#log(`task-mode | cannot look at alarms: ${(error as Error).message}`))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Takes a line of a function's log that carries metrics. A faulty one is told of once for each function. */
  takeLine(functionLabel: string, line: string): void {
    try {
      for (const { metric, values, timeMs } of embeddedMetrics(line)) {
        for (const value of values) this.store.record(metric, value, timeMs);
      }
    } catch (error) {
      if (this.#faultyFunctions.has(functionLabel)) return;
      this.#faultyFunctions.add(functionLabel);
      this.#log(
        `task-mode | metrics of ${functionLabel} are dropped, as CloudWatch would: ${(error as Error).message}`,
      );
    }
  }

  takeInvocation(invocation: Invocation): void {
    recordInvocation(this.store, invocation);
  }

  takeThrottle(functionName: string): void {
    recordThrottle(this.store, functionName);
  }

  takeRequest(request: AnsweredRequest): void {
    recordRequest(this.store, request);
  }
}
