import { handlerExecutor } from './handler-executor.ts';
import { taskWorker } from './task-worker.ts';

// Loaded by import(), so that a module that cannot load is a failed attempt and not a crash loop of the instance.
const userModule = import('@task-mode/user-handler');
userModule.catch(() => undefined);

/** Runs tasks by the user's handler, which is bundled beside this. */
export const handler = taskWorker({ execute: handlerExecutor(userModule), stopEnd: 'cooperative' });
