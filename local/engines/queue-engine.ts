import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir } from 'node:fs/promises';
import { startFauxqs } from 'fauxqs';
import { type Engine, LOOPBACK } from './engine.ts';

export interface QueueEngine extends Engine {
  /** Makes an S3 bucket if there is none of that name. */
  createBucket(name: string): void;
}

interface FastifyInstance {
  listen(options: { port: number; host: string }): Promise<string>;
}

/** Starts fauxqs, which keeps SQS queues and S3 buckets in a folder. */
export async function startQueueEngine(dataDir: string, region: string): Promise<QueueEngine> {
  await mkdir(dataDir, { recursive: true });
  const server = await onLoopback(() =>
    startFauxqs({ port: 0, logger: false, defaultRegion: region, dataDir }),
  );
  const { hostname } = new URL(server.address);
  if (hostname !== LOOPBACK) {
    await server.stop();
    throw new Error(`fauxqs listens on ${hostname}: want ${LOOPBACK}, for it asks nobody who they are`);
  }
  return {
    endpoint: `http://${LOOPBACK}:${server.port}`,
    createBucket: (name) => {
      server.createBucket(name);
    },
    stop: () => server.stop(),
  };
}

/**
 * fauxqs 2.4.1 listens on 0.0.0.0 whatever host it is given. Fastify, its server, publishes each new instance on
 * this diagnostics channel; fauxqs makes its instance and calls `listen` before it first waits.
 */
function onLoopback<T>(start: () => Promise<T>): Promise<T> {
  const channel = 'fastify.initialization';
  const listenOnLoopback = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    const listen = fastify.listen.bind(fastify);
    fastify.listen = (options) => listen({ ...options, host: LOOPBACK });
  };
  subscribe(channel, listenOnLoopback);
  try {
    return start();
  } finally {
    unsubscribe(channel, listenOnLoopback);
  }
}
