import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { TaskMode } from '../../lib/index.ts';

// An app whose callers are held to a rate: few enough that a client alone comes over it.
const stack = new Stack(new App(), 'Limited');
const taskMode = new TaskMode(stack, 'TaskMode', { submitRate: { perSecond: 2, burst: 120 } });

taskMode.addFunction('echo', { entry: fileURLToPath(new URL('../../examples/echo.ts', import.meta.url)) });
