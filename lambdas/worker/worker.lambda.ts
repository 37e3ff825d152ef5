import { handlerExecutor } from './handler-executor.ts';
import { loadModule } from './load-module.ts';
import { taskWorker } from './task-worker.ts';

// Loaded by import(), so that a module that cannot be loaded is a failed attempt and not a crash loop of the instance; and
// within INIT, so that Lambda does not freeze it half loaded.
const userModule = loadModule(import('@task-mode/user-handler'));
await userModule.settled;

/** Runs tasks by the user's handler, which is bundled beside this. */
export const handler = taskWorker({
  execute: handlerExecutor(userModule.loaded),
  isBroken: () => userModule.isBroken,
});
