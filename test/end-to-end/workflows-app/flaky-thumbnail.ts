import { handler as thumbnail } from '../../../examples/thumbnail.ts';
import type { TaskHandler } from '../../../lambdas/worker/handler.ts';

/** The size at which thumbnails are made by the second series of attempts only. */
const FLAKY_SIZE = 65;

/** The size at which thumbnails are not made before somebody stops them. */
const ENDLESS_SIZE = 66;

/** Makes thumbnails as the example does, but for two sizes: one fails as network connections do, and one takes for ever. */
export const handler: TaskHandler<{ readonly size?: number; readonly to?: string }> = async (
  payload,
  context,
) => {
  if (payload.size === ENDLESS_SIZE)
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
  if (payload.size === FLAKY_SIZE && context.task?.series === 1) {
    throw Object.assign(new Error('read ECONNRESET'), { name: 'ConnectionReset' });
  }
  return thumbnail(payload, context);
};
