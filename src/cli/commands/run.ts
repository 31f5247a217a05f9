import { plural } from '../../base/index.ts';
import {
  type ProgressEvent,
  type RunOptions,
  type RunReport,
  runProject,
} from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { parseChoice, parseCount, parseDate, parseList, parseSize } from '../parse-flag.ts';
import { printProblems } from '../print-problems.ts';
import { printRun } from '../print-run.ts';

export const exitCodes = { ok: 0, nothing: 0, data: 1 } as const;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** What a person sees while a run works, on one line. */
export const describeProgress = (event: ProgressEvent): string => {
  switch (event.kind) {
    case 'step':
      return event.step;
    case 'file':
      return `reading ${event.index + 1}/${event.count} ${event.path} (${megabytes(event.doneBytes)} of ${megabytes(event.sizeBytes)} MB)`;
    case 'rows':
      return `${event.name}: ${plural(event.rows, 'row', 'rows')}`;
    case 'model':
      return `building ${event.index + 1}/${event.count} ${event.name}`;
    default:
      return event satisfies never;
  }
};

/** What was typed behind `run`, checked. Throws `cli.wrong-flag` for a value that is none. */
export const runOptions = ({
  options,
  projectFolder,
  packageFolder,
  version,
  signal,
  output,
}: CommandContext): RunOptions => ({
  projectFolder,
  packageFolder,
  version,
  only: parseList(options.only),
  until: parseChoice('--until', options.until, ['bronze', 'silver', 'gold']),
  fullRefresh: options.fullRefresh === true,
  batchDate: parseDate('--batch-date', options.batchDate),
  asOf: parseDate('--as-of', options.asOf),
  waitSeconds: parseCount('--wait', options.wait),
  memoryLimitBytes: parseSize('--memory-limit', options.memoryLimit),
  signal,
  onProgress: (event) => output.progress(describeProgress(event)),
});

/** Prints a report, as JSON or for a person, and gives the exit code. */
export const finishRun = async (context: CommandContext, report: RunReport): Promise<number> => {
  const { output } = context;
  if (output.json) await output.data(JSON.stringify(report));
  else printRun(output, report);
  return exitCodes[report.status];
};

/** `run`: takes in new files and brings every table up to date. */
export const run = async (context: CommandContext): Promise<number> => {
  const result = await runProject(runOptions(context), context.effects);
  if (result.kind === 'problems') return printProblems(context.output, result.problems);
  return finishRun(context, result.value);
};
