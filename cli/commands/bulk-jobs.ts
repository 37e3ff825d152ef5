import type { Command } from 'commander';
import { bulkJobLines, bulkJobView } from '../bulk-job-rows.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { followBulkJob } from '../follow-bulk-job.ts';
import { wholeNumberOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';
import { serverTime } from '../server-time.ts';

interface JsonArguments extends ConnectionOptions {
  readonly json?: true;
}

const JOB_ARGUMENT = ['<job>', 'id of the job'] as const;

const layout = () => ({
  width: output.columns,
  paint: output.paint,
  nowMs: serverTime(),
  times: output.isTerminal ? ('ago' as const) : ('iso' as const),
});

/** `bulk-jobs`: what `stop` and `redrive` by filter have begun. */
export function addBulkJobsCommand(program: Command): void {
  const bulkJobs = program
    .command('bulk-jobs')
    .helpCommand(false)
    .summary('what stop and redrive by filter have begun')
    .description('Lists, shows, follows and ends what "stop" and "redrive" by filter have begun.');
  addList(bulkJobs);
  addGet(bulkJobs);
  addWait(bulkJobs);
  addStop(bulkJobs);
}

function addList(bulkJobs: Command): void {
  const list = bulkJobs
    .command('list')
    .summary('list the jobs of a function')
    .description('Lists the bulk jobs of the last 90 days, the latest first.')
    .argument(...FUNCTION_ARGUMENT)
    .option('-n, --limit <N>', 'how many', wholeNumberOption('--limit', { min: 1, max: 1_000_000 }), 20)
    .option('--json', 'print one a line, as the API has it')
    .action(
      async (functionName: string, { limit, ...options }: JsonArguments & { readonly limit: number }) => {
        const client = await connect(options);
        const jobs = [];
        for await (const job of client.bulkJobs.list(functionName)) {
          if (options.json) output.line(JSON.stringify(job));
          if (jobs.push(job) >= limit) break;
        }
        if (options.json) return;
        if (jobs.length === 0) notes.line(`${functionName} has no bulk jobs.`);
        else for (const line of bulkJobLines(jobs, layout())) output.line(line);
      },
    );
  withConnection(list);
}

function addGet(bulkJobs: Command): void {
  const get = bulkJobs
    .command('get')
    .summary('show a job')
    .description('Shows a bulk job: what it does, for whom and why, and how far it is.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...JOB_ARGUMENT)
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, bulkJobId: string, options: JsonArguments) => {
      const job = await (await connect(options)).bulkJobs.get(functionName, bulkJobId);
      output.line(options.json ? JSON.stringify(job) : bulkJobView(job, layout()));
    });
  withConnection(get);
}

function addWait(bulkJobs: Command): void {
  const wait = bulkJobs
    .command('wait')
    .summary('wait until a job has ended')
    .description('Waits until a bulk job has ended. Ctrl-C ends the waiting, and not the job.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...JOB_ARGUMENT)
    .option('--json', 'print the job at its end, as the API has it')
    .action(async (functionName: string, bulkJobId: string, options: JsonArguments) => {
      const asJson = options.json ?? false;
      await followBulkJob(await connect(options), { functionName, bulkJobId }, { asJson });
    });
  withConnection(wait);
}

function addStop(bulkJobs: Command): void {
  const stop = bulkJobs
    .command('stop')
    .summary('end a job')
    .description('Has a bulk job act on no further task. What it has done stays done. Prints its id.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...JOB_ARGUMENT)
    .action(async (functionName: string, bulkJobId: string, options: ConnectionOptions) => {
      await (await connect(options)).bulkJobs.stop(functionName, bulkJobId);
      output.line(bulkJobId);
    });
  withExamples(withConnection(stop), [['task-mode bulk-jobs stop encode b-8f0c', 'it goes no further']]);
}
