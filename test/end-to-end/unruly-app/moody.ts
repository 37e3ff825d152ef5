import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

// What a module does at its top: reads a secret or a parameter, or connects. Once it could not.
await pause(50);
if (existsSync(process.env.SERVICE_IS_DOWN_FILE ?? '')) throw new Error('config service answered 503');

export const handler = async () => process.pid;
