import { fileURLToPath } from 'node:url';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import { mediaDefinition } from '../examples/media/media-workflow.ts';
import { TaskMode } from '../lib/index.ts';

const example = (name: string) => fileURLToPath(new URL(`../examples/${name}.ts`, import.meta.url));

const app = new App();
const stack = new Stack(app, 'TaskMode', {
  description: 'Task Mode for AWS Lambda, with its example functions',
});

// An example is removed without a trace. Leave this out in your own app, and `cdk destroy` keeps your tasks.
const taskMode = new TaskMode(stack, 'TaskMode', {
  removalPolicy: RemovalPolicy.DESTROY,
  // `cdk deploy -c auth=accessKeys`, or `npm start -- --auth accessKeys …`.
  auth: app.node.tryGetContext('auth'),
  // `cdk deploy -c alarms=off` leaves out what costs $16 a month whether or not anything runs.
  ...(app.node.tryGetContext('alarms') === 'off' && { alarms: false, dashboard: false }),
});

taskMode.addFunction('echo', { entry: example('echo'), instanceConcurrency: 10 });
taskMode.addFunction('wait', {
  entry: example('wait'),
  timeout: Duration.minutes(10),
  instanceConcurrency: 10,
});
taskMode.addFunction('flaky', { entry: example('flaky') });
taskMode.addFunction('spin', { entry: example('spin'), timeout: Duration.minutes(2) });

// The workflow `media`: images in this bucket, or in its input; what is made of them is in the bucket.
const bucket = new Bucket(stack, 'Media', {
  enforceSSL: true,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  removalPolicy: RemovalPolicy.DESTROY,
  autoDeleteObjects: true,
});
const ofMedia = { memorySize: 1024, environment: { MEDIA_BUCKET: bucket.bucketName } };
const media = {
  thumbnail: taskMode.addFunction('thumbnail', { entry: example('thumbnail'), ...ofMedia }),
  contactSheet: taskMode.addFunction('contact-sheet', { entry: example('media/contact-sheet'), ...ofMedia }),
  manifest: taskMode.addFunction('manifest', { entry: example('media/manifest'), ...ofMedia }),
};
for (const { worker } of Object.values(media)) bucket.grantReadWrite(worker);
taskMode.addWorkflow('media', { definition: mediaDefinition(stack, media), timeout: Duration.hours(1) });
new CfnOutput(stack, 'MediaBucket', {
  value: bucket.bucketName,
  description: 'Images of the workflow media',
});
