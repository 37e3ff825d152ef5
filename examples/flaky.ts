import type { TaskHandler } from '../lambdas/worker/handler.ts';

interface FlakyPayload {
  /** How many attempts of the task fail. */
  readonly failures?: number;
}

/** Throws on the first attempts of its task, then returns the attempt that it succeeded on. */
export const handler: TaskHandler<FlakyPayload> = ({ failures = 0 }, { attempt }) => {
  console.log(`attempt ${attempt}, of which ${failures} fail`);
  if (attempt <= failures) {
    throw new Error(`attempt ${attempt} fails, as ${failures} were asked to`);
  }
  return { attempt };
};
