import { join } from 'node:path';
import { pipelineError, plural, sayCount } from '../../base/index.ts';
import {
  discardRecord,
  listQuarantine,
  parsePlace,
  type QuarantineList,
  type QuarantineRecord,
  type ReplayFilter,
  type ReplayReport,
  type RunReport,
  runProject,
  type ShownRecord,
  showRecords,
  unknownInFilter,
} from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { type Output, printable } from '../output.ts';
import { parseChoice, parseCount } from '../parse-flag.ts';
import { printProblems } from '../print-problems.ts';
import { shortPath } from '../say.ts';
import { finishRun, runOptions } from './run.ts';

const shownLines = 20;

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const filterOf = ({ options }: CommandContext): ReplayFilter => ({
  reason: text(options.reason),
  feed: text(options.feed),
  file: text(options.file),
  run: parseCount('--run', options.run),
});

const placeOf = (record: QuarantineRecord): string =>
  printable(`${shortPath(record.file)}:${record.line}`);

const recordLine = (record: QuarantineRecord): string => {
  const reasons = record.reasons.map(({ code, column }) =>
    column === null ? code : `${code} ${printable(column)}`,
  );
  return [placeOf(record), reasons.join(', '), record.state]
    .filter((part) => part !== '')
    .join('  ');
};

const printList = async (
  output: Output,
  list: QuarantineList,
  { state, isLimited }: { readonly state: string; readonly isLimited: boolean },
): Promise<void> => {
  for (const record of list.records) await output.data(recordLine(record));
  for (const { feed, rows, ...age } of list.orphans) {
    const ages = [
      ...(age.up_to_7_days > 0 ? [`${age.up_to_7_days} up to 7 days`] : []),
      ...(age.up_to_30_days > 0 ? [`${age.up_to_30_days} up to 30 days`] : []),
      ...(age.older > 0 ? [`${age.older} longer`] : []),
    ];
    output.talk(
      `${plural(rows, 'row', 'rows')} of ${feed} ${rows === 1 ? 'waits' : 'wait'} for their student: ${ages.join(', ')}`,
    );
  }
  const reasons = list.reasons
    .map(({ code, records }) => `${sayCount(records)} ${code}`)
    .join(', ');
  const more = list.total - list.records.length;
  const hint = more > 0 && isLimited ? ` (${sayCount(more)} more: --all)` : '';
  const word = state === 'all' ? 'refused' : state;
  output.talk(
    list.total === 0 ? `0 ${word}` : `${sayCount(list.total)} ${word}: ${reasons}${hint}`,
  );
};

const list = async (context: CommandContext): Promise<number> => {
  const { output, options, projectFolder, packageFolder, signal, effects } = context;
  const given =
    parseChoice('--state', options.state, ['open', 'resolved', 'discarded', 'all']) ?? 'open';
  const isLimited = options.all !== true;
  const found = await listQuarantine(
    {
      dataFolder: join(projectFolder, 'data'),
      filter: { ...filterOf(context), state: given === 'all' ? undefined : given },
      limit: isLimited && !output.json ? shownLines : Number.MAX_SAFE_INTEGER,
      withOrphans: !isLimited,
      signal,
    },
    effects,
  );
  if (found.total === 0) {
    const folders = { projectFolder, packageFolder };
    const unknown = await unknownInFilter(folders, filterOf(context), effects);
    if (unknown.length > 0) return printProblems(output, unknown);
  }
  if (output.json) await output.data(JSON.stringify(found));
  else await printList(output, found, { state: given, isLimited });
  return 0;
};

const requiredPlace = ({
  args,
}: CommandContext): { readonly file: string; readonly line: number } => {
  const place = parsePlace(args[1] ?? '');
  if (place === undefined)
    throw pipelineError(cliErrors, 'cli.missing', { what: 'The place of a record, FILE:LINE' });
  return place;
};

const endingOf = ({ state, resolved_run: run, because, by }: QuarantineRecord): string => {
  switch (state) {
    case 'open':
      return 'open';
    case 'resolved':
      return `taken in by run ${run}`;
    case 'discarded':
      return `discarded by ${printable(by ?? '?')} in run ${run}: ${printable(because ?? '')}`;
    default:
      return state satisfies never;
  }
};

const printRecord = async (output: Output, record: ShownRecord): Promise<void> => {
  await output.data(
    `${placeOf(record)}  ${record.feed}, record ${record.row}. Run ${record.run_id}, ${endingOf(record)}.`,
  );
  for (const { code, column, is, toDo } of record.explained) {
    await output.data(
      `  ${code}${column === null ? '' : ` in ${printable(column)}`}: ${is}\n    ${output.toType(toDo)}`,
    );
  }
  if (record.raw_record !== undefined) await output.data(`  ${printable(record.raw_record ?? '')}`);
};

const show = async (context: CommandContext): Promise<number> => {
  const { output, options, projectFolder, signal, effects } = context;
  const place = requiredPlace(context);
  const withValues = options.values === true;
  const command = `quarantine show ${place.file}:${place.line} --values`;
  const dataFolder = join(projectFolder, 'data');
  const records = await showRecords({ dataFolder, place, withValues, command, signal }, effects);
  if (output.json) await output.data(JSON.stringify(records));
  else for (const record of records) await printRecord(output, record);
  if (!withValues) output.talk('Values hidden; --values prints them and is logged.');
  return 0;
};

const replayLine = ({ run_id: run, totals }: RunReport, replay: ReplayReport): string => {
  if (replay.tried === 0 && replay.skipped === 0 && replay.reread === 0)
    return 'no open record fits; orphans come in by themselves when their student does';
  const facts = [
    `${replay.tried} tried`,
    `${replay.loaded} loaded`,
    ...(replay.refused > 0 ? [`${replay.refused} refused again`] : []),
    ...(replay.waiting > 0 ? [`${replay.waiting} wait for their student`] : []),
    ...(replay.reread > 0
      ? [`${replay.reread} came with their file, which was read again as a whole`]
      : []),
    ...(replay.skipped > 0
      ? [`${replay.skipped} not tried (their file is set aside, replaced or no longer fits)`]
      : []),
  ];
  const promoted =
    totals.promoted === 0 ? '' : `, so ${plural(totals.promoted, 'orphan', 'orphans')} promoted`;
  return `${run === null ? '' : `run ${run}: `}${facts.join(', ')}${promoted}`;
};

const replay = async (context: CommandContext): Promise<number> => {
  const result = await runProject(
    { ...runOptions(context), replay: filterOf(context) },
    context.effects,
  );
  if (result.kind === 'problems') return printProblems(context.output, result.problems);
  const { replay: replayed } = result.value;
  if (replayed !== undefined) context.output.talk(replayLine(result.value, replayed));
  return finishRun(context, result.value);
};

const discard = async (context: CommandContext): Promise<number> => {
  const { output, options, projectFolder, version, signal, effects } = context;
  const place = requiredPlace(context);
  const because = text(options.because)?.trim() ?? '';
  if (because === '')
    throw pipelineError(cliErrors, 'cli.missing', { what: 'The reason, --because TEXT,' });
  const waitSeconds = parseCount('--wait', options.wait);
  const result = await discardRecord(
    { projectFolder, version, place, because, waitSeconds, signal },
    effects,
  );
  if (result.kind === 'problems') return printProblems(output, result.problems);
  if (output.json) await output.data(JSON.stringify(result.value));
  else output.talk(`${result.value.discarded} discarded; kept, and still counted as quarantined`);
  return 0;
};

const actions = { list, show, replay, discard } as const;

/** `quarantine`: lists refused records, shows one, reads them again, or gives one up. */
export const run = async (context: CommandContext): Promise<number> => {
  const names = ['list', 'show', 'replay', 'discard'] as const;
  const action = parseChoice('quarantine', context.args[0] ?? 'list', names) ?? 'list';
  return actions[action](context);
};
