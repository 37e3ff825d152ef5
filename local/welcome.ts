import type { LocalRuntime } from './runtime.ts';

/** What the person at the terminal is told when the runtime takes requests. */
export function welcome(runtime: LocalRuntime, startMs: number): string {
  const { url, consoleUrl, functionNames, hasAccessKeys } = runtime;
  const name = functionNames.find((functionName) => functionName === 'echo') ?? functionNames[0];
  return [
    `Task Mode is ready at ${url}`,
    ...(consoleUrl === undefined ? [] : [`See and submit tasks at ${consoleUrl}`]),
    hasAccessKeys
      ? 'Every request must be signed with an access key, as the Alibaba FC SDK does it.'
      : 'Nobody is asked here who they are: on AWS, IAM checks every caller.',
    ...(name === undefined ? [] : hasAccessKeys ? sdkHints(url, name) : curlHints(url, name)),
    '',
    `Started in ${(startMs / 1000).toFixed(1)} s. Ctrl-C stops it; what it keeps is in the data folder.`,
    '',
    '',
  ].join('\n');
}

function curlHints(url: string, name: string): string[] {
  const path = `${url}/2023-03-30/functions/${name}`;
  return [
    '',
    'Submit a task, then ask what became of it:',
    `  curl -i -X POST ${path}/invocations -H 'x-fc-invocation-type: Async' -H 'x-fc-async-task-id: hello-1' -d '{"hello":"world"}'`,
    `  curl ${path}/async-tasks/hello-1`,
  ];
}

function sdkHints(url: string, name: string): string[] {
  return [
    '',
    'Submit a task with the FC SDK (fc is @alicloud/fc20230330, core is @alicloud/openapi-core), then ask what became of it:',
    `  const client = new fc.default(new core.$OpenApiUtil.Config({ endpoint: '${new URL(url).host}', protocol: 'http', accessKeyId, accessKeySecret }));`,
    "  const headers = new fc.InvokeFunctionHeaders({ xFcInvocationType: 'Async', xFcAsyncTaskId: 'hello-1' });",
    "  const body = Readable.from([Buffer.from(JSON.stringify({ hello: 'world' }))]);",
    `  await client.invokeFunctionWithOptions('${name}', new fc.InvokeFunctionRequest({ body }), headers, {});`,
    `  (await client.getAsyncTask('${name}', 'hello-1', new fc.GetAsyncTaskRequest({}))).body;`,
  ];
}
