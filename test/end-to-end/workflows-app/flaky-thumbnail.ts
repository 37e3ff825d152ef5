import { handler as thumbnail } from '../../../examples/thumbnail.ts';
import type { TaskHandler } from '../../../lambdas/worker/handler.ts';

/** The size at which thumbnails are made by the second series of attempts only. */
const FLAKY_SIZE = 65;

/** Makes thumbnails as the example does, and fails as network connections do where it is asked for 65 pixels. */
export const handler: TaskHandler<{ readonly size?: number; readonly to?: string }> = (payload, context) => {
  if (payload.size === FLAKY_SIZE && context.task?.series === 1) {
    throw Object.assign(new Error('read ECONNRESET'), { name: 'ConnectionReset' });
  }
  return thumbnail(payload, context);
};
