import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { TaskHandler } from '../../../lambdas/worker/handler.ts';

const sfn = new SFNClient({});

/** Answers the state that waits for its callback, or is silent for a minute. */
export const handler: TaskHandler<{ readonly isSilent?: boolean }> = async (
  { isSilent = false },
  { task, signal },
) => {
  const taskToken = task?.callbackToken;
  if (isSilent) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 60_000);
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)));
    });
  } else {
    await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"answer":42}' }));
  }
  return 'told to nobody';
};
