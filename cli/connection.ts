import type { Command } from 'commander';
import { acs3, type Signer, sigV4, TaskModeClient, unsigned } from '../client/index.ts';
import { credentialsOf } from './aws-credentials.ts';
import { regionOf } from './aws-region.ts';
import { UsageError } from './failure.ts';
import { filledOption, urlOption, wordOption } from './option-values.ts';
import { fetchAndNoteTime } from './server-time.ts';
import { endpointOfStack } from './stack-endpoint.ts';

/** What `dev` serves when it is not told otherwise. */
const LOCAL_ENDPOINT = 'http://127.0.0.1:3000';

const AUTH_MODES = ['auto', 'iam', 'accessKeys', 'none'] as const;

type AuthMode = (typeof AUTH_MODES)[number];

type SignMode = Exclude<AuthMode, 'auto'>;

export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly stack?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly auth: AuthMode;
}

export interface Connection {
  readonly endpoint: string;
  readonly auth: SignMode;
  readonly signer: Signer;
}

/** Has a command take the options that say which API it calls, and as whom. */
export function withConnection(command: Command): Command {
  return command
    .optionsGroup('Connection:')
    .option(
      '--endpoint <URL>',
      `the API's address (TASK_MODE_ENDPOINT, else ${LOCAL_ENDPOINT})`,
      urlOption('--endpoint', LOCAL_ENDPOINT),
    )
    .option(
      '--stack <NAME>',
      'the deployed stack to ask for its address (TASK_MODE_STACK)',
      filledOption('--stack', 'the name of a CloudFormation stack'),
    )
    .option('--region <REGION>', 'AWS region (AWS_REGION, else the profile’s)')
    .option('--profile <NAME>', 'AWS profile (AWS_PROFILE)')
    .option(
      '--auth <MODE>',
      'how calls are signed: auto, iam, accessKeys or none',
      wordOption('--auth', AUTH_MODES),
      'auto',
    );
}

/** Finds the API and who calls it. */
export async function connect(options: ConnectionOptions): Promise<TaskModeClient> {
  return new TaskModeClient({ ...(await findConnection(options)), fetch: fetchAndNoteTime });
}

export async function findConnection(options: ConnectionOptions): Promise<Connection> {
  const endpoint = await endpointOf(options);
  const auth = options.auth === 'auto' ? fittingMode(endpoint) : options.auth;
  return { endpoint, auth, signer: await signerFor(endpoint, auth, options) };
}

/** Finds the API's address. */
export async function endpointOf(options: ConnectionOptions): Promise<string> {
  const { TASK_MODE_ENDPOINT, TASK_MODE_STACK } = process.env;
  if (options.endpoint !== undefined && options.stack !== undefined) {
    throw new UsageError('--endpoint and --stack are both given: want one of them');
  }
  if (options.endpoint !== undefined) return options.endpoint;
  if (options.stack !== undefined) return endpointOfStack(options.stack, options);
  if (TASK_MODE_ENDPOINT) return urlOption('TASK_MODE_ENDPOINT', LOCAL_ENDPOINT)(TASK_MODE_ENDPOINT);
  if (TASK_MODE_STACK) return endpointOfStack(TASK_MODE_STACK, options);
  return LOCAL_ENDPOINT;
}

async function signerFor(endpoint: string, auth: SignMode, options: ConnectionOptions): Promise<Signer> {
  switch (auth) {
    case 'accessKeys':
      return acs3(accessKeyOf(process.env));
    case 'iam': {
      const region = regionOfUrl(endpoint) ?? (await regionOf(options));
      return sigV4({ credentials: await credentialsOf(options), region });
    }
    default:
      return unsigned;
  }
}

function fittingMode(endpoint: string): SignMode {
  if (process.env.TASK_MODE_ACCESS_KEY_ID) return 'accessKeys';
  return regionOfUrl(endpoint) === undefined ? 'none' : 'iam';
}

/** The region of an address of API Gateway; all others are called as they are. */
export function regionOfUrl(endpoint: string): string | undefined {
  return /^https:\/\/\w+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(endpoint)?.[1];
}

function accessKeyOf(env: NodeJS.ProcessEnv) {
  const { TASK_MODE_ACCESS_KEY_ID: accessKeyId, TASK_MODE_ACCESS_KEY_SECRET: accessKeySecret } = env;
  if (!accessKeyId || !accessKeySecret) {
    throw new UsageError(
      'signing with an access key needs both TASK_MODE_ACCESS_KEY_ID and TASK_MODE_ACCESS_KEY_SECRET in the environment',
    );
  }
  return { accessKeyId, accessKeySecret };
}
