import { ENV, requiredEnv } from '../domain/env.ts';
import { invokeExecutor } from './invoke-executor.ts';
import { taskWorker } from './task-worker.ts';

/** Runs tasks by an existing Lambda function. */
export const handler = taskWorker({
  execute: invokeExecutor(requiredEnv(process.env, ENV.targetArn)),
  stopEnd: 'fenced',
});
