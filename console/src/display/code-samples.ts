/// <reference path="./samples/text.d.ts" />
import client from './samples/client.txt?raw';
import commandFollow from './samples/command-follow.txt?raw';
import commandSubmit from './samples/command-submit.txt?raw';
import fcSdk from './samples/fc-sdk.txt?raw';
import follow from './samples/follow.txt?raw';
import signature from './samples/signature.txt?raw';
import submit from './samples/submit.txt?raw';

/** Which API samples call, and how it has its callers sign. */
export interface SampleTarget {
  readonly endpoint: string;
  readonly auth: 'none' | 'iam' | 'accessKeys';
  readonly region: string;
}

export interface Sample {
  readonly title: string;
  /** What is copied, in words. */
  readonly what: string;
  readonly text: string;
}

/** How the typed client signs. */
const SIGNERS = {
  none: { imports: '', signer: '' },
  iam: { imports: 'sigV4, ', signer: ', signer: sigV4({ credentials }) ' },
  accessKeys: { imports: 'acs3, ', signer: ', signer: acs3({ accessKeyId, accessKeySecret }) ' },
} as const;

/** How to submit from a terminal. Access keys sign as curl cannot: the command line does. */
export function submitSample(functionName: string, target: SampleTarget): Sample {
  return target.auth === 'accessKeys'
    ? sample(
        'Submit a task from a terminal',
        'submit by the command line',
        commandSubmit,
        functionName,
        target,
      )
    : sample('Submit a task with curl', 'submit by curl', submit, functionName, target);
}

/** How to call a function from elsewhere. */
export function samplesOf(functionName: string, target: SampleTarget): readonly Sample[] {
  const byCommand = target.auth === 'accessKeys';
  return [
    submitSample(functionName, target),
    byCommand
      ? sample('Follow and stop it', 'other commands', commandFollow, functionName, target)
      : sample('Follow and stop it', 'other calls by curl', follow, functionName, target),
    sample('The typed client', 'sample of the typed client', client, functionName, target),
    // It signs with access keys only.
    ...(target.auth === 'iam'
      ? []
      : [sample("Alibaba's FC SDK, unchanged", 'sample of the FC SDK', fcSdk, functionName, target)]),
  ];
}

function sample(
  title: string,
  what: string,
  template: string,
  functionName: string,
  { endpoint, auth, region }: SampleTarget,
): Sample {
  const { host, protocol } = new URL(endpoint);
  const values: Readonly<Record<string, string>> = {
    SIGNATURE: auth === 'iam' ? signature.trimEnd().replace('REGION', region) : '',
    SIGNER: SIGNERS[auth].signer.trimEnd(),
    IMPORTS: SIGNERS[auth].imports,
    ENDPOINT: endpoint,
    HOST: host,
    PROTOCOL: protocol.replace(':', ''),
    FUNCTION: functionName,
  };
  // A word of its own, or the beginning of one: `IMPORTSTaskModeClient`, but not `TASK_MODE_ENDPOINT`.
  const text = template
    .trimEnd()
    .replaceAll(
      /(?<![A-Z_])(?:SIGNATURE|SIGNER|IMPORTS|ENDPOINT|HOST|PROTOCOL|FUNCTION)/g,
      (name) => values[name] ?? '',
    );
  return { title, what, text };
}
