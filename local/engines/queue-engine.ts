import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { buildApp } from 'fauxqs';
import type { QueueFigures } from '../monitoring/queue-sampler.ts';
import { type Engine, LOOPBACK } from './engine.ts';
import { fauxqsParts, type Queue, type Stores } from './fauxqs-parts.ts';

export interface QueueEngine extends Engine {
  /** Makes an S3 bucket if there is none of that name. */
  createBucket(name: string): void;
  /** Tells how a queue stands; undefined when there is none of that name. */
  queueFigures(name: string): QueueFigures | undefined;
}

/** Who made the request that is being answered. */
const client = new AsyncLocalStorage<Socket>();

/**
 * Starts fauxqs, which keeps SQS queues and S3 buckets in a folder. What an earlier runtime had received and not deleted
 * can be received at once: nobody of its processes is left to do so.
 */
export async function startQueueEngine(dataDir: string, region: string): Promise<QueueEngine> {
  await mkdir(dataDir, { recursive: true });
  const { SqsStore, SnsStore, S3Store, PersistenceManager } = await fauxqsParts();
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
  app.addHook('preHandler', (request, _, done) => client.run(request.raw.socket, done));
  const address = await app.listen({ port: 0, host: LOOPBACK });
  return {
    endpoint: address,
    createBucket: (name) => {
      stores.s3Store.createBucket(name);
    },
    queueFigures: (name) => {
      const queue = stores.sqsStore.getQueueByName(name);
      return queue && figuresOf(queue.inspectMessages(), Date.now());
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

function takeBackInflight(queue: Queue): void {
  for (const receiptHandle of [...queue.inflightMessages.keys()]) queue.changeVisibility(receiptHandle, 0);
}

/** Has the store make queues that lose no message where those of fauxqs 2.4.1 do. */
function withSoundQueues(store: Stores['sqsStore']): Stores['sqsStore'] {
  const createQueue = store.createQueue.bind(store);
  store.createQueue = (...queue) => sound(createQueue(...queue));
  return store;
}

/** The shortest time that is none at all once it is added to an instant. */
const NO_TIME = Number.MIN_VALUE;

function sound(queue: Queue): Queue {
  const dequeue = queue.dequeue.bind(queue);
  const changeVisibility = queue.changeVisibility.bind(queue);
  // A long poll whose client is gone would still take the next message, which nobody then deletes.
  queue.dequeue = (...wanted) => (client.getStore()?.destroyed ? [] : dequeue(...wanted));
  // A visibility of 0 violates a constraint of the table that messages are kept in, and loses the message.
  queue.changeVisibility = (receiptHandle, seconds) => {
    changeVisibility(receiptHandle, seconds === 0 ? NO_TIME : seconds);
    queue.processTimers();
  };
  return queue;
}
