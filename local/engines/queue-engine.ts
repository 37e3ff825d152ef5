import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { buildApp } from 'fauxqs';
import { type Engine, LOOPBACK } from './engine.ts';
import { fauxqsParts, type Queue, type Stores } from './fauxqs-parts.ts';

export interface QueueEngine extends Engine {
  /** Makes an S3 bucket if there is none of that name. */
  createBucket(name: string): void;
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
    stop: async () => {
      await app.close();
      persistence.close();
    },
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
