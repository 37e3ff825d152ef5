import { lambda } from '../aws/lambda-client.ts';
import { TargetFunction } from '../aws/target-function.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import { invokeExecutor } from './invoke-executor.ts';
import { taskWorker } from './task-worker.ts';

const target = new TargetFunction({ client: lambda, arn: requiredEnv(process.env, ENV.targetArn) });

/** Runs tasks by an existing Lambda function. */
export const handler = taskWorker({ execute: invokeExecutor(target) });
