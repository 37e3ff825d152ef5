import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { isJsonObject } from '../json.ts';
import { FairOrder } from './fair-order.ts';
import type { Queue, Stores } from './fauxqs-parts.ts';

/** SQS hands out at most so many messages in one call. */
const MESSAGES_PER_CALL = 10;

/** The shortest time that is none at all once it is added to an instant. */
const NO_TIME = Number.MIN_VALUE;

/** Who made the request that is being answered. */
const client = new AsyncLocalStorage<Socket>();

/** The group of each message that is being sent, by its attributes: of its entry in the request, only they reach it. */
const groups = new WeakMap<object, string>();

interface SentMessage {
  readonly MessageGroupId?: unknown;
  MessageAttributes?: object;
}

/** Answers a request with what the queues must know of it beyond what fauxqs hands them. */
export function attendTo(body: unknown, socket: Socket, answer: () => void): void {
  if (isJsonObject(body)) {
    const messages = Array.isArray(body.Entries) ? body.Entries.filter(isJsonObject) : [body];
    for (const message of messages as SentMessage[]) noteGroup(message);
  }
  client.run(socket, answer);
}

function noteGroup(message: SentMessage): void {
  if (typeof message.MessageGroupId !== 'string') return;
  message.MessageAttributes ??= {};
  groups.set(message.MessageAttributes, message.MessageGroupId);
}

/**
 * Has the store make queues that do what SQS does and those of fauxqs 2.4.1 do not: they lose no message, and their
 * groups share the consumers fairly.
 */
export function withSoundQueues(store: Stores['sqsStore']): Stores['sqsStore'] {
  const createQueue = store.createQueue.bind(store);
  store.createQueue = (...queue) => fair(sound(createQueue(...queue)));
  return store;
}

/** Has every message that was received and not deleted come at once. */
export function takeBackInflight(queue: Queue): void {
  for (const receiptHandle of [...queue.inflightMessages.keys()]) queue.changeVisibility(receiptHandle, 0);
}

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

/** Standard queues of fauxqs drop the group of a message, and hand out by arrival. */
function fair(queue: Queue): Queue {
  if (queue.isFifo()) return queue;
  const enqueue = queue.enqueue.bind(queue);
  const dequeue = queue.dequeue.bind(queue);
  const order = new FairOrder();

  queue.enqueue = (message) => {
    const group = groups.get(message.messageAttributes);
    if (group !== undefined) message.messageGroupId = group;
    enqueue(message);
  };

  const dequeueOne: Queue['dequeue'] = (...wanted) => {
    const inflight = [...queue.inflightMessages.values()].map(({ message }) => message);
    const next = order.next(queue.messages, inflight);
    if (next > 0) queue.messages.unshift(...queue.messages.splice(next, 1));
    const received = dequeue(...wanted);
    const taken = queue.inflightMessages.get(received[0]?.ReceiptHandle ?? '');
    if (taken) order.took(taken.message);
    return received;
  };

  queue.dequeue = (maxCount, ...options) => {
    queue.processTimers();
    const received: ReturnType<Queue['dequeue']> = [];
    while (received.length < Math.min(maxCount, MESSAGES_PER_CALL)) {
      const [message] = dequeueOne(1, ...options);
      if (!message) break;
      received.push(message);
    }
    return received;
  };
  return queue;
}
