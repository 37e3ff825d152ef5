import type { TaskHandler } from '../../lambdas/worker/handler.ts';
import type { MadeImage } from './made-image.ts';
import { writeObject } from './media-store.ts';

interface ManifestPayload {
  readonly images: readonly MadeImage[];
  /** The key of the manifest. */
  readonly to: string;
}

/** Writes down what became of each image of a job; returns how many were made, and the report on those that were not. */
export const handler: TaskHandler<ManifestPayload> = async ({ images, to }, { signal }) => {
  await writeObject(to, JSON.stringify({ images }, null, 2), 'application/json', signal);
  const failed = images.filter((image) => 'error' in image);
  return { key: to, made: images.length - failed.length, failed };
};
