import { Jimp, JimpMime } from 'jimp';
import { NonRetryableError, type TaskHandler } from '../lambdas/worker/handler.ts';

interface ThumbnailPayload {
  /** A PNG, JPEG, GIF, BMP or TIFF: as base64, or in the media bucket. */
  readonly image?: string | { readonly key: string };
  /** Longest side of the thumbnail in pixels. */
  readonly size?: number;
  /** Under which key of the media bucket it is kept; absent, the result carries it. */
  readonly to?: string;
}

const SIZE_RANGE = { min: 1, max: 2048 };

/** Makes a smaller PNG of an image, keeping its proportions. What is no image will not be one at the next attempt. */
export const handler: TaskHandler<ThumbnailPayload> = async ({ image, size = 128, to }, { signal }) => {
  if (!Number.isInteger(size) || size < SIZE_RANGE.min || size > SIZE_RANGE.max) {
    throw new NonRetryableError(
      `size must be a whole number from ${SIZE_RANGE.min} to ${SIZE_RANGE.max}, got ${size}`,
    );
  }
  const picture = await Jimp.read(await bytesOf(image, signal)).catch((error: unknown) => {
    throw new NonRetryableError(`image must be one that can be read: ${error}`);
  });
  const { width, height } = picture;
  picture.scaleToFit({ w: size, h: size });
  console.log(`from ${width} x ${height} to ${picture.width} x ${picture.height}`);
  const png = await picture.getBuffer(JimpMime.png);
  const made = { width: picture.width, height: picture.height, type: JimpMime.png };
  if (to === undefined) return { ...made, image: png.toString('base64') };
  const { writeObject } = await import('./media/media-store.ts');
  await writeObject(to, png, JimpMime.png, signal);
  return { ...made, key: to };
};

async function bytesOf(image: ThumbnailPayload['image'], signal: AbortSignal): Promise<Buffer> {
  if (typeof image === 'string' && image !== '') return Buffer.from(image, 'base64');
  if (typeof image !== 'object' || typeof image?.key !== 'string') {
    throw new NonRetryableError('image must be an image as base64, or {"key"} of one in the media bucket');
  }
  const { readObject } = await import('./media/media-store.ts');
  const bytes = await readObject(image.key, signal);
  if (!bytes) throw new NonRetryableError(`image must be in the media bucket, got key "${image.key}"`);
  return bytes;
}
