import { Jimp, JimpMime } from 'jimp';
import { NonRetryableError, type TaskHandler } from '../lambdas/worker/handler.ts';

interface ThumbnailPayload {
  /** A PNG, JPEG, GIF, BMP or TIFF, as base64. */
  readonly image?: string;
  /** Longest side of the thumbnail in pixels. */
  readonly size?: number;
}

const SIZE_RANGE = { min: 1, max: 2048 };

/** Makes a smaller PNG of an image, keeping its proportions. What is no image will not be one at the next attempt. */
export const handler: TaskHandler<ThumbnailPayload> = async ({ image, size = 128 }) => {
  if (typeof image !== 'string' || image === '') {
    throw new NonRetryableError('image must be an image as base64');
  }
  if (!Number.isInteger(size) || size < SIZE_RANGE.min || size > SIZE_RANGE.max) {
    throw new NonRetryableError(
      `size must be a whole number from ${SIZE_RANGE.min} to ${SIZE_RANGE.max}, got ${size}`,
    );
  }
  const picture = await Jimp.read(Buffer.from(image, 'base64')).catch((error: unknown) => {
    throw new NonRetryableError(`image must be one that can be read: ${error}`);
  });
  picture.scaleToFit({ w: size, h: size });
  const png = await picture.getBuffer(JimpMime.png);
  return { width: picture.width, height: picture.height, type: JimpMime.png, image: png.toString('base64') };
};
