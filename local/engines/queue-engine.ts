import { mkdir } from 'node:fs/promises';
import { buildApp } from 'fauxqs';
import type { QueueFigures } from '../monitoring/queue-sampler.ts';
import { type Engine, LOOPBACK } from './engine.ts';
import { fauxqsParts, type Queue } from './fauxqs-parts.ts';
import { type ObjectCreation, onObjectCreated } from './object-creations.ts';
import { attendTo, takeBackInflight, withSoundQueues } from './sound-queues.ts';

export interface QueueEngine extends Engine {
  /** Makes an S3 bucket if there is none of that name. */
  createBucket(name: string): void;
  /** Has somebody told of each object that is put into a bucket from now on. */
  onObjectCreated(tell: (creation: ObjectCreation) => void): void;
  /** Tells how a queue stands; undefined when there is none of that name. */
  queueFigures(name: string): QueueFigures | undefined;
  /** Has messages, by their receipt handles, be invisible for so much longer. */
  hideLonger(receiptHandles: Iterable<string>, byMs: number): void;
}

/**
 * Starts fauxqs, which keeps SQS queues and S3 buckets in a folder. What an earlier runtime had received and not deleted
 * can be received at once: nobody of its processes is left to do so.
 */
export async function startQueueEngine(dataDir: string, region: string): Promise<QueueEngine> {
  await mkdir(dataDir, { recursive: true });
  const { SqsStore, SnsStore, S3Store, MessageSpy, PersistenceManager } = await fauxqsParts();
  const persistence = new PersistenceManager(dataDir);
  const stores = {
    sqsStore: withSoundQueues(new SqsStore()),
    snsStore: new SnsStore(),
    s3Store: new S3Store(),
  };
  // What is loaded would be written again, were the stores persistent before.
  persistence.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  for (const store of [...Object.values(stores), ...stores.sqsStore.allQueues()])
    store.persistence = persistence;
  for (const queue of stores.sqsStore.allQueues()) takeBackInflight(queue);

  const app = buildApp({ logger: false, defaultRegion: region, stores });
  app.addHook('preHandler', ({ body, raw }, _, done) => attendTo(body, raw.socket, done));
  const address = await app.listen({ port: 0, host: LOOPBACK });
  return {
    endpoint: address,
    createBucket: (name) => {
      stores.s3Store.createBucket(name);
    },
    onObjectCreated: (tell) => onObjectCreated(stores.s3Store, new MessageSpy(), tell),
    queueFigures: (name) => {
      const queue = stores.sqsStore.getQueueByName(name);
      return queue && figuresOf(queue.inspectMessages(), Date.now());
    },
    hideLonger: (receiptHandles, byMs) => {
      const queues = [...stores.sqsStore.allQueues()];
      for (const handle of receiptHandles) {
        const entry = queues.map((queue) => queue.inflightMessages.get(handle)).find((found) => found);
        if (entry) entry.visibilityDeadline += byMs;
      }
    },
    stop: async () => {
      await app.close();
      persistence.close();
    },
  };
}

type Messages = ReturnType<Queue['inspectMessages']>;

/** The engine moves messages whose time has come only when somebody receives: here they count as moved. */
function figuresOf({ ready, delayed, inflight }: Messages, now: number): QueueFigures {
  const stillDelayed = delayed.filter(({ delayUntil = 0 }) => delayUntil > now).length;
  const hidden = inflight.filter(({ visibilityDeadline }) => visibilityDeadline > now).length;
  let oldestTime = now;
  for (const { sentTimestamp } of ready) oldestTime = Math.min(oldestTime, sentTimestamp);
  for (const { message } of inflight) oldestTime = Math.min(oldestTime, message.sentTimestamp);
  return {
    visible: ready.length + (delayed.length - stillDelayed) + (inflight.length - hidden),
    notVisible: hidden,
    delayed: stillDelayed,
    ageOfOldestSeconds: Math.floor((now - oldestTime) / 1000),
  };
}
