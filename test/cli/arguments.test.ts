import { expect, it } from 'vitest';
import { makeProgram } from '../../cli/program.ts';

/** Each is refused before anything is asked of anybody. */
it.each([
  [['run'], "unknown command 'run'"],
  [['lst'], 'Did you mean list?'],
  [['submit'], "missing required argument 'function'"],
  [['submit', 'echo', '{a}'], 'the payload is not JSON: Expected property name'],
  [['submit', 'echo', 'hello'], `a text needs its quotes: '"hello"'`],
  [['submit', 'echo', '@/nowhere.json'], 'there is no file "/nowhere.json"'],
  [['submit', 'echo', '1', '--file', 'a.json'], 'the payload is given twice'],
  [
    ['submit', 'echo', '1', '--delay', 'soon'],
    '--delay is "soon": want a time such as 90, 30s, 5m, 2h or 7d',
  ],
  [['submit', 'echo', '1', '--delay', '8d'], '--delay is 691200 s: want 7 days at most'],
  [['submit', 'echo', '1', '--timeout', '5s'], '--timeout is given without --wait'],
  [['submit', 'echo', '1', '--id'], "option '--id <TASK>' argument missing"],
  [
    ['submit', 'echo', '1', '--endpoint', 'here'],
    '--endpoint is "here": want a URL such as http://127.0.0.1:3000',
  ],
  [['get', 'echo'], "missing required argument 'task'"],
  [['get', 'echo', 'a', '--endpoint', 'http://a', '--stack', 'b'], '--endpoint and --stack are both given'],
  [['get', 'echo', 'a', '--auth', 'basic'], '--auth is "basic": want auto, iam, accessKeys or none'],
  [['get', 'echo', 'a', '--auth', 'accessKeys'], 'needs both TASK_MODE_ACCESS_KEY_ID and'],
  [['logs', 'echo'], "missing required argument 'task'"],
  [['logs', 'echo', 'a', '--attempt', '10'], '--attempt is "10": want a whole number from 1 to 9'],
  [['logs', 'echo', 'a', '--tail', '0'], '--tail is "0": want a whole number from 1 to'],
  [['logs', 'echo', 'a', '--since', 'noon'], '--since is "noon": want how long ago'],
  [['invoke', 'echo', 'hello'], `a text needs its quotes: '"hello"'`],
  [['workflows', 'start', 'media', '{}', '--timeout', '5s'], '--timeout is given without --wait'],
  [['list', 'echo', '--status', 'Done'], '--status is "Done": want Enqueued, Processed, Running'],
  [['list', 'echo', '--limit', '0'], '--limit is "0": want a whole number from 1 to'],
  [
    ['list', 'echo', '--since', 'yesterday'],
    '--since is "yesterday": want how long ago (30m, 2h, 7d) or a date',
  ],
  [['stop', 'echo'], 'no task is given: want TaskIDs, a filter (--status, --prefix, --since), or --all'],
  [['stop', 'echo', 'a', '--all'], 'tasks are given by their ids and by a filter'],
  [['stop', 'echo', '--status', 'Failed'], '--status is "Failed", which nothing can stop: want Enqueued'],
  [
    ['redrive', 'echo', '--status', 'Succeeded'],
    '--status is "Succeeded", which nothing can redrive: want Failed',
  ],
  [['stop', 'echo', 'a', '--dry-run'], '--dry-run, --detach and --reason go with a filter'],
  [['stop', 'echo', '--all', '--max', '0'], '--max is "0": want a whole number from 1 to 100000'],
  [['bulk-jobs', 'get', 'echo'], "missing required argument 'job'"],
  [['batch', 'echo', '/nowhere.jsonl'], 'there is no file "/nowhere.jsonl"'],
  [['config', 'put', 'echo'], 'nothing is to be changed: want --task-mode'],
  [['config', 'put', 'echo', '--retries', '9'], '--retries is "9": want a whole number from 0 to 8'],
  [['config', 'put', 'echo', '--max-age', '8d'], '--max-age is 691200 s: want 1s to 7d'],
  [['config', 'put', 'echo', '--task-mode', 'yes'], '--task-mode is "yes": want on or off'],
  [['concurrency', 'put', 'echo', 'many'], '<number> is "many": want a whole number of 0 or more'],
  [['completion', 'csh'], '<shell> is "csh": want bash, zsh or fish'],
  [['dev', 'extra'], "too many arguments for 'dev'"],
  [['dev', '--colour'], "unknown option '--colour'"],
  [['dev', '--port'], "option '--port <N>' argument missing"],
  [['dev', '--port', '99999'], '--port is "99999": want a whole number from 0 to 65535'],
  [['dev', '--port', '1e3'], '--port is "1e3"'],
  [['dev', '--data', ''], '--data is "": want a folder'],
  [
    ['dev', '--sqs-endpoint', 'localhost:4566'],
    'is "localhost:4566": want a URL such as http://127.0.0.1:8000',
  ],
  [['dev', '--dynamodb-endpoint', 'nothing'], '--dynamodb-endpoint is "nothing": want a URL'],
  [['dev', '--auth', 'none'], '--auth is "none": want iam or accessKeys'],
  [['dev', '--auth', 'accessKeys'], '--auth is "accessKeys" without keys: want --access-keys FILE as well'],
  [
    ['dev', '--auth', 'iam', '--access-keys', 'keys.json'],
    '--access-keys is "keys.json" under --auth iam: want --auth accessKeys',
  ],
  [['dev', '--access-keys', ''], '--access-keys is "": want a file'],
])('%j is refused, with what is wanted', async (commandArguments, message) => {
  await expect(makeProgram().parseAsync(commandArguments, { from: 'user' })).rejects.toThrow(message);
});

it('has an example for whoever asks how a command is used', () => {
  const program = makeProgram();
  const helpOf = (name: string) => {
    const written: string[] = [];
    const command = program.commands.find((one) => one.name() === name);
    command?.configureOutput({ writeOut: (text) => written.push(text) }).outputHelp();
    return written.join('');
  };
  for (const name of [
    'submit',
    'get',
    'wait',
    'logs',
    'invoke',
    'list',
    'stop',
    'redrive',
    'batch',
    'functions',
    'explain',
    'console',
  ]) {
    expect(helpOf(name)).toContain(`\n  task-mode ${name} `);
  }
});
