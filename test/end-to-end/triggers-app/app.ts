import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { EventBus, EventField } from 'aws-cdk-lib/aws-events';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ContextAttribute, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { TaskMode } from '../../../lib/index.ts';

const stack = new Stack(new App(), 'Triggers');
const taskMode = new TaskMode(stack, 'TaskMode');
const encode = taskMode.addFunction('encode', { entry: '../../../examples/echo.ts' });
const report = taskMode.addFunction('report', { entry: '../../../examples/echo.ts' });

// What the README shows: test/readme.test.ts holds that it is the same.
const uploads = new Bucket(stack, 'Uploads', { eventBridgeEnabled: true });

taskMode.addTrigger('Uploaded', {
  taskFunction: encode,
  eventPattern: {
    source: ['aws.s3'],
    detailType: ['Object Created'],
    detail: { bucket: { name: [uploads.bucketName] }, object: { key: [{ suffix: '.mov' }] } },
  },
  payload: {
    bucket: EventField.fromPath('$.detail.bucket.name'),
    key: EventField.fromPath('$.detail.object.key'),
  },
});

taskMode.addTrigger('Nightly', {
  taskFunction: report,
  schedule: ScheduleExpression.cron({ minute: '0', hour: '3', timeZone: TimeZone.EUROPE_BERLIN }),
  payload: { of: ContextAttribute.scheduledTime },
});

// A new schedule of a rate comes at once.
taskMode.addTrigger('Hourly', {
  taskFunction: report,
  schedule: ScheduleExpression.rate(Duration.hours(1)),
});

taskMode.addTrigger('Ordered', {
  taskFunction: encode,
  eventBus: new EventBus(stack, 'Orders', { eventBusName: 'orders' }),
  eventPattern: { source: ['shop'] },
  delay: Duration.seconds(1),
});
