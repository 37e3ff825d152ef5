import type { Command } from 'commander';
import { parseAccessKeys } from '../../lambdas/domain/access-key.ts';
import { UsageError } from '../failure.ts';
import { filledOption, urlOption, wholeNumberOption, wordOption } from '../option-values.ts';

const PORT_RANGE = { min: 0, max: 65_535 };

interface DevArguments {
  readonly port: number;
  readonly data?: string;
  readonly fresh?: true;
  readonly dynamodbEndpoint?: string;
  readonly sqsEndpoint?: string;
  readonly auth?: 'iam' | 'accessKeys';
  readonly accessKeys?: string;
  readonly allowLocalWebhooks?: true;
  readonly reload: boolean;
  readonly verbose?: true;
}

/** `dev`: the CDK app of the current folder, on this machine. */
export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .summary('run the CDK app of this folder on this machine')
    .description('Runs the CDK app of the current folder on this machine: no AWS account, no Docker.')
    .option(
      '--port <N>',
      'port of the HTTP API, 0 for any free one',
      wholeNumberOption('--port', PORT_RANGE),
      3000,
    )
    .option(
      '--data <DIR>',
      'folder that keeps tasks between runs (default: .local)',
      filledOption('--data', 'a folder'),
    )
    .option('--fresh', 'delete what that folder keeps, start empty')
    .option(
      '--dynamodb-endpoint <URL>',
      'use this DynamoDB in place of the embedded one',
      urlOption('--dynamodb-endpoint', 'http://127.0.0.1:8000'),
    )
    .option(
      '--sqs-endpoint <URL>',
      'use this SQS in place of the embedded one',
      urlOption('--sqs-endpoint', 'http://127.0.0.1:8000'),
    )
    .option(
      '--auth <MODE>',
      'iam (default: nobody is checked here) or accessKeys; the app reads it as context "auth"',
      wordOption('--auth', ['iam', 'accessKeys']),
    )
    .option(
      '--access-keys <FILE>',
      'access keys of the API, as JSON, for --auth accessKeys',
      filledOption('--access-keys', 'a file'),
    )
    .option('--allow-local-webhooks', 'let webhooks reach this machine, also over http://')
    .option('--no-reload', 'leave running functions as they are when their files are saved')
    .option('--verbose', 'also tell which resources have nothing to do here, and log metrics')
    .action(runDevCommand);
}

async function runDevCommand(options: DevArguments): Promise<void> {
  const { auth, data: dataDir, accessKeys: accessKeysFile, dynamodbEndpoint, sqsEndpoint } = options;
  checkAccess(auth, accessKeysFile);
  const { runDev } = await import('../../local/run-dev.ts');
  const { findConsole } = await import('../../local/gateway/find-console.ts');
  await runDev({
    port: options.port,
    fresh: options.fresh === true,
    reload: options.reload,
    verbose: options.verbose === true,
    allowsLocalWebhooks: options.allowLocalWebhooks === true,
    checkAccessKeys: parseAccessKeys,
    findConsole,
    ...(dataDir !== undefined && { dataDir }),
    ...(dynamodbEndpoint !== undefined && { dynamodbEndpoint }),
    ...(sqsEndpoint !== undefined && { sqsEndpoint }),
    ...(auth !== undefined && { auth }),
    ...(accessKeysFile !== undefined && { accessKeysFile }),
  });
}

/** An app may ask for access keys without being told to: then the file is enough. */
function checkAccess(auth: DevArguments['auth'], accessKeysFile: string | undefined): void {
  if (auth === 'accessKeys' && accessKeysFile === undefined) {
    throw new UsageError('--auth is "accessKeys" without keys: want --access-keys FILE as well');
  }
  if (auth === 'iam' && accessKeysFile !== undefined) {
    throw new UsageError(`--access-keys is "${accessKeysFile}" under --auth iam: want --auth accessKeys`);
  }
}
