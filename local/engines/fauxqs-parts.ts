import type { BuildAppOptions } from 'fauxqs';

/** What fauxqs keeps queues, topics and buckets in. */
export type Stores = NonNullable<BuildAppOptions['stores']>;

export type Queue = ReturnType<Stores['sqsStore']['createQueue']>;

/** What fauxqs tells of each message and object. */
export type ObjectSpy = NonNullable<Stores['s3Store']['spy']>;

type Persistence = NonNullable<Stores['sqsStore']['persistence']>;

interface Parts {
  readonly SqsStore: new () => Stores['sqsStore'];
  readonly SnsStore: new () => Stores['snsStore'];
  readonly S3Store: new () => Stores['s3Store'];
  readonly MessageSpy: new () => ObjectSpy;
  readonly PersistenceManager: new (dataDir: string) => Persistence;
}

const FILES: Readonly<Record<keyof Parts, string>> = {
  SqsStore: 'sqs/sqsStore.js',
  SnsStore: 'sns/snsStore.js',
  S3Store: 's3/s3Store.js',
  MessageSpy: 'spy.js',
  PersistenceManager: 'persistence.js',
};

/**
 * Loads the classes that fauxqs 2.4.1 builds its server of. Its `buildApp` takes stores of ours, but the package exports
 * none to make them of, and its `startFauxqs` hands none out: they are taken from its files. The exact version is pinned.
 */
export async function fauxqsParts(): Promise<Parts> {
  const entry = import.meta.resolve('fauxqs');
  const parts = await Promise.all(
    Object.entries(FILES).map(async ([name, file]) => {
      const module: Record<string, unknown> = await import(new URL(file, entry).href);
      const part = module[name];
      if (typeof part !== 'function') throw new Error(`fauxqs has no ${name} in ${file}: want version 2.4.1`);
      return [name, part];
    }),
  );
  return Object.fromEntries(parts) as Parts;
}
