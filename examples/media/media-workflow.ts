import { Duration } from 'aws-cdk-lib';
import {
  type IChainable,
  JsonPath,
  Map as MapState,
  Parallel,
  Pass,
  Result,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { type TaskFunction, TaskInvoke } from '../../lib/index.ts';

export interface MediaFunctions {
  readonly thumbnail: TaskFunction;
  readonly contactSheet: TaskFunction;
  readonly manifest: TaskFunction;
}

const text = (path: string) => JsonPath.stringAt(path);
const value = (path: string) => JsonPath.objectAt(path);

/**
 * The states of the workflow `media`: `{"images": [...], "size", "columns"}` becomes a thumbnail of each image, then a
 * contact sheet and a manifest, side by side. An image of which none can be made is reported, and holds up no other.
 */
export function mediaDefinition(scope: Construct, functions: MediaFunctions): IChainable {
  const defaults = new Pass(scope, 'Defaults', {
    result: Result.fromObject({ size: 128, columns: 4 }),
    resultPath: '$.defaults',
  });
  const job = new Pass(scope, 'Job', {
    parameters: {
      job: JsonPath.jsonMerge(value('$.defaults'), value('$')),
      folder: JsonPath.format('media/{}', text('$$.Execution.Name')),
    },
  });
  return defaults.next(job).next(thumbnails(scope, functions)).next(publish(scope, functions));
}

function thumbnails(scope: Construct, { thumbnail }: MediaFunctions): MapState {
  const each = new MapState(scope, 'Thumbnails', {
    itemsPath: '$.job.images',
    maxConcurrency: 5,
    itemSelector: {
      index: JsonPath.numberAt('$$.Map.Item.Index'),
      image: value('$$.Map.Item.Value'),
      size: JsonPath.numberAt('$.job.size'),
      to: JsonPath.format('{}/{}.png', text('$.folder'), text('$$.Map.Item.Index')),
    },
    resultPath: '$.images',
  });
  const make = retried(
    new TaskInvoke(scope, 'Thumbnail', {
      taskFunction: thumbnail,
      mapIndex: JsonPath.numberAt('$.index'),
      resultSelector: {
        key: text('$.key'),
        width: JsonPath.numberAt('$.width'),
        height: JsonPath.numberAt('$.height'),
      },
    }),
  );
  const report = new Pass(scope, 'Report', {
    parameters: {
      index: JsonPath.numberAt('$.index'),
      error: text('$.failure.Error'),
      cause: text('$.failure.Cause'),
    },
  });
  return each.itemProcessor(make.addCatch(report, { resultPath: '$.failure' }));
}

function publish(scope: Construct, { contactSheet, manifest }: MediaFunctions): Parallel {
  const sheet = new TaskInvoke(scope, 'Contact sheet', {
    taskFunction: contactSheet,
    payload: TaskInput.fromObject({
      images: value('$.images'),
      size: JsonPath.numberAt('$.job.size'),
      columns: JsonPath.numberAt('$.job.columns'),
      to: JsonPath.format('{}/contact-sheet.jpg', text('$.folder')),
    }),
  });
  const list = new TaskInvoke(scope, 'Manifest', {
    taskFunction: manifest,
    payload: TaskInput.fromObject({
      images: value('$.images'),
      to: JsonPath.format('{}/manifest.json', text('$.folder')),
    }),
  });
  return new Parallel(scope, 'Publish', {
    resultSelector: { contactSheet: value('$[0]'), manifest: value('$[1]') },
  }).branch(retried(sheet), retried(list));
}

/** Runs a task that failed again, under its id; not one that would fail again, or that somebody has stopped. */
function retried(state: TaskInvoke): TaskInvoke {
  state.addRetry({ errors: ['NonRetryableError', 'TaskMode.Stopped'], maxAttempts: 0 });
  state.addRetry({ errors: ['States.TaskFailed'], interval: Duration.seconds(1), maxAttempts: 2 });
  return state;
}
