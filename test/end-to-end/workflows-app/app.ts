import { App, Duration, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { mediaDefinition } from '../../../examples/media/media-workflow.ts';
import { TaskMode } from '../../../lib/index.ts';

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
