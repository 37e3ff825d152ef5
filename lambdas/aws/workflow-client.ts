import type { SFNClient } from '@aws-sdk/client-sfn';
import { CALL } from './clients.ts';

/** By which workflows are answered and read; in a file of its own, since only what deals with workflows bundles it. */
let sfn: Promise<SFNClient> | undefined;

/** Loads the client when the first workflow waits for a task. */
export function sfnClient(): Promise<SFNClient> {
  sfn ??= import('./workflow-commands.ts').then(({ SFNClient }) => new SFNClient(CALL));
  return sfn;
}
