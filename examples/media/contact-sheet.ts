import { Jimp, JimpMime } from 'jimp';
import { NonRetryableError, type TaskHandler } from '../../lambdas/worker/handler.ts';
import type { MadeImage } from './made-image.ts';
import { readObject, writeObject } from './media-store.ts';

interface ContactSheetPayload {
  readonly images: readonly MadeImage[];
  /** Side of the square that each thumbnail stands in, in pixels. */
  readonly size: number;
  readonly columns: number;
  /** The key of the sheet. */
  readonly to: string;
}

const GAP = 8;
const WHITE = 0xffffffff;

/** Puts all thumbnails of a job onto one image, in rows; those that could not be made are left out. */
export const handler: TaskHandler<ContactSheetPayload> = async (
  { images, size, columns, to },
  { signal },
) => {
  const keys = images.flatMap((image) => ('key' in image ? image.key : []));
  const cell = size + GAP;
  const width = Math.max(Math.min(columns, keys.length), 1) * cell + GAP;
  const height = Math.max(Math.ceil(keys.length / columns), 1) * cell + GAP;
  const sheet = new Jimp({ width, height, color: WHITE });
  for (const [index, key] of keys.entries()) {
    signal.throwIfAborted();
    const bytes = await readObject(key, signal);
    if (!bytes) throw new NonRetryableError(`thumbnail "${key}" must be in the media bucket`);
    const thumbnail = await Jimp.read(bytes);
    const [column, row] = [index % columns, Math.floor(index / columns)];
    sheet.composite(
      thumbnail,
      GAP + column * cell + (size - thumbnail.width) / 2,
      GAP + row * cell + (size - thumbnail.height) / 2,
    );
  }
  await writeObject(to, await sheet.getBuffer(JimpMime.jpeg), JimpMime.jpeg, signal);
  return { key: to, images: keys.length, width, height };
};
