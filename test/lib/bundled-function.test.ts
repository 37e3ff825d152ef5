import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, expect, test } from 'vitest';
import { BundledFunction } from '../../lib/bundled-function.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The metadata of functions of the same code, of a user's and of ours. */
function metadataOf(context: Readonly<Record<string, string>>) {
  const app = new App({ context });
  folders.push(app.outdir);
  const stack = new Stack(app, 'Stack');
  const some = { description: 'Some', timeout: Duration.seconds(3), memorySize: 128 };
  const ofUser = { entry: 'worker/worker.lambda', userHandler: resolve('examples/echo.ts') };
  new BundledFunction(stack, 'One', { bundle: ofUser, ...some });
  new BundledFunction(stack, 'Other', { bundle: ofUser, ...some });
  new BundledFunction(stack, 'Ours', { bundle: { entry: 'unknown-route.lambda' }, ...some });
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
  return Object.values(functions).map(({ Metadata }) => Metadata?.['task-mode:bundle']);
}

test('task functions tell the local runtime what they are bundled of, where it asks for that', () => {
  const [one, other, ours] = metadataOf({ 'task-mode:reload': 'true' });
  expect(one.inputs).toContain(resolve('examples/echo.ts'));
  expect(one.inputs.filter((path: string) => path.includes('node_modules'))).toEqual([]);
  expect(one.options).toMatchObject({ bundle: true, absWorkingDir: resolve('.') });
  expect(other).toEqual(one);
  expect(ours).toBeUndefined();
});

test("a template that is deployed to AWS has nothing of this machine's files", () => {
  expect(metadataOf({})).toEqual([undefined, undefined, undefined]);
});
