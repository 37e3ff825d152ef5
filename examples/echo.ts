import type { TaskHandler } from '../lambdas/worker/handler.ts';

/** Returns its payload. */
export const handler: TaskHandler = (payload) => payload;
