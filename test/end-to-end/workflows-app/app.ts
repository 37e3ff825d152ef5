import { App, Duration, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  type IChainable,
  JsonPath,
  Map as MapState,
  Pass,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { mediaDefinition } from '../../../examples/media/media-workflow.ts';
import { TaskInvoke, type TaskInvokeProps, TaskMode } from '../../../lib/index.ts';

// Workflows over functions with times short enough to wait for.
const stack = new Stack(new App(), 'Workflows');
const taskMode = new TaskMode(stack, 'TaskMode');
const short = { lease: Duration.seconds(3), stopGracePeriod: Duration.seconds(1), maxAsyncRetryAttempts: 0 };

const bucket = new Bucket(stack, 'Media');
const ofMedia = { ...short, environment: { MEDIA_BUCKET: bucket.bucketName } };
const media = {
  thumbnail: taskMode.addFunction('thumbnail', { entry: 'flaky-thumbnail.ts', ...ofMedia }),
  contactSheet: taskMode.addFunction('contact-sheet', {
    entry: '../../../examples/media/contact-sheet.ts',
    ...ofMedia,
  }),
  manifest: taskMode.addFunction('manifest', { entry: '../../../examples/media/manifest.ts', ...ofMedia }),
};
for (const { worker } of Object.values(media)) bucket.grantReadWrite(worker);
taskMode.addWorkflow('media', { definition: mediaDefinition(stack, media) });

const work = taskMode.addFunction('work', {
  entry: '../unruly-app/unruly.ts',
  ...short,
  maxConcurrency: 2,
});
const answer = taskMode.addFunction('answer', { entry: 'answer.ts', ...short });
const echo = taskMode.addFunction('echo', {
  entry: '../../../examples/echo.ts',
  ...short,
  instanceConcurrency: 10,
});

/** A Map whose every item is the payload of a task. */
const each = (id: string, taskFunction: TaskInvokeProps['taskFunction']) =>
  new MapState(stack, id, {
    maxConcurrency: 40,
    itemSelector: {
      index: JsonPath.numberAt('$$.Map.Item.Index'),
      item: JsonPath.objectAt('$$.Map.Item.Value'),
    },
  }).itemProcessor(
    new TaskInvoke(stack, `One of ${id}`, {
      taskFunction,
      mapIndex: JsonPath.numberAt('$.index'),
      payload: TaskInput.fromJsonPathAt('$.item'),
    }),
  );
const add = (id: string, definition: IChainable) => taskMode.addWorkflow(id, { definition });
add('each', each('each', work));
add('many', each('many', echo));

/** A state whose time-out is caught. */
const caught = (id: string, props: TaskInvokeProps) =>
  new TaskInvoke(stack, id, props).addCatch(
    new Pass(stack, `After ${id}`, { parameters: { caught: JsonPath.stringAt('$.Error') } }),
  );
const asked = Timeout.at('$.withinSeconds');
add('timed', caught('timed', { taskFunction: work, taskTimeout: asked }));
add('called', caught('called', { taskFunction: answer, waitFor: 'callback', heartbeatTimeout: asked }));
