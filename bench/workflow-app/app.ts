import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { type CfnStateMachine, JsonPath, Map as MapState } from 'aws-cdk-lib/aws-stepfunctions';
import { TaskInvoke, TaskMode } from '../../lib/index.ts';

// A Map of echo tasks, as many at once as Step Functions runs.
const stack = new Stack(new App(), 'Mapped');
const taskMode = new TaskMode(stack, 'TaskMode');

const taskFunction = taskMode.addFunction('echo', {
  entry: fileURLToPath(new URL('../../examples/echo.ts', import.meta.url)),
  instanceConcurrency: 10,
});
const many = new MapState(stack, 'Many', {
  maxConcurrency: 40,
  itemSelector: { index: JsonPath.numberAt('$$.Map.Item.Index') },
});
many.itemProcessor(new TaskInvoke(stack, 'Echo', { taskFunction, mapIndex: JsonPath.numberAt('$.index') }));
const { node } = taskMode.addWorkflow('many', { definition: many });
// So that the bench finds it.
(node.defaultChild as CfnStateMachine).stateMachineName = 'bench-many';
