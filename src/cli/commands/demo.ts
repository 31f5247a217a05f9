import { join, relative, resolve } from 'node:path';
import { pipelineError, sayCount } from '../../base/index.ts';
import { openReader, type Reader, type RunReport, runProject } from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { formatTable, showCell } from '../format-table.ts';
import { clearStarted, makeSchool, readNote, type SchoolNote } from '../generated-school.ts';
import { printable } from '../output.ts';
import { parseCount } from '../parse-flag.ts';
import { type Comparison, compareWithPlanted, countNames } from '../planted-comparison.ts';
import { printProblems } from '../print-problems.ts';
import { printRun } from '../print-run.ts';
import { folderToType, toType } from '../to-type.ts';
import { exitCodes, runOptions } from './run.ts';

const defaultFolder = 'schoolhouse-demo';

const demoSizes = { students: 1800, classes: 60, days: 171, assessments: 60_000, defects: 300 };

/** The school of the folder: made now, or found as an earlier demo made it. */
const openSchool = async (
  folder: string,
  { options, output, effects }: CommandContext,
): Promise<{ readonly school: SchoolNote; readonly isNew: boolean }> => {
  const note = await readNote(folder, effects);
  if (note?.state === 'made') return { school: note, isNew: false };
  if (note?.state === 'started') await clearStarted(folder, effects);
  else if ((await effects.fs.list(folder)).length > 0) {
    throw pipelineError(
      cliErrors,
      'cli.folder-used',
      { folder },
      { hint: 'Nothing was written. Name another folder: schoolhouse demo <folder>' },
    );
  }
  const seed = parseCount('--seed', options.seed) ?? 1;
  output.progress('making a school year');
  return { school: await makeSchool(folder, { ...demoSizes, seed }, effects), isNew: true };
};

/** The words of a name in lines no wider than `width`, or than its longest word. */
const foldHeader = (name: string, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of name.split(/(?<=_)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length <= width)
      lines[lines.length - 1] = last + word;
    else lines.push(word);
  }
  return lines;
};

/** A table of many columns under headers of several lines, so that it fits a screen. */
const narrowTable = (names: readonly string[], rows: readonly (readonly unknown[])[]): string => {
  const headers = names.map((name, index) =>
    foldHeader(name, Math.max(8, ...rows.map((row) => showCell(row[index]).length))),
  );
  const height = Math.max(...headers.map((lines) => lines.length));
  const raised = headers.map((lines) => `${'\n'.repeat(height - lines.length)}${lines.join('\n')}`);
  return formatTable(raised, rows);
};

const classDays = `
  select * from gold.class_daily_performance
  where class_id = (select min(class_id) from gold.class_daily_performance where students_with_assessment > 0)
  order by date limit 5`;

const printClassDays = async (reader: Reader, { output }: CommandContext): Promise<void> => {
  const { columns, rows } = await reader.query(classDays);
  const [total] = (await reader.query('select count(*) as n from gold.class_daily_performance'))
    .rows;
  const names = columns.map((column) => column.name);
  output.talk(
    `\n${output.style('class_daily_performance', 'bold')}, the first of ${sayCount(Number(total?.n ?? 0))} rows`,
  );
  await output.data(
    narrowTable(
      names,
      rows.map((row) => names.map((name) => row[name])),
    ),
  );
};

const printComparison = (
  { reasons, counts, misplaced }: Comparison,
  { output }: CommandContext,
): void => {
  const planted = counts.quarantined.planted;
  output.talk(
    `\n${output.style('refused', 'bold')}, and kept with file, line, reasons and raw text`,
  );
  const rows = reasons.map(({ code, planted: wanted, found }) => [
    code,
    sayCount(wanted),
    sayCount(found),
  ]);
  rows.push(['rows', sayCount(planted), sayCount(counts.quarantined.found)]);
  output.talk(formatTable(['reason', 'planted', 'refused'], rows));
  const wrong = countNames.filter((name) => counts[name].planted !== counts[name].found);
  for (const name of wrong) {
    const { planted: wanted, found } = counts[name];
    output.alarm(
      `${output.style('differs', 'red')} ${name}: ${sayCount(wanted)} planted, ${sayCount(found)} found`,
    );
  }
  if (misplaced > 0) {
    output.alarm(
      `${output.style('differs', 'red')} ${sayCount(misplaced)} reasons are not where they were planted`,
    );
  }
  if (wrong.length === 0 && misplaced === 0) {
    const word = output.style('as planted', 'green');
    output.talk(
      `${word}: all ${sayCount(planted)} bad rows at their file and line with their reason, no good row refused`,
    );
  }
};

/** How the program is called from the demo's folder: installed, by npx, or from a checkout with `npm run demo`. */
const programName = (folder: string, { effects, packageFolder }: CommandContext): string => {
  const event = effects.env.npm_lifecycle_event;
  if (event === undefined) return 'schoolhouse';
  if (event === 'npx') return 'npx schoolhouse';
  return `node ${relative(folder, join(packageFolder, 'bin', 'schoolhouse.js'))}`;
};

const lowest =
  'select student_id, class_id, attendance_rate, avg_score from student_performance_summary order by attendance_rate limit 10';

const printNext = (folder: string, context: CommandContext): void => {
  const { output, args } = context;
  const program = programName(folder, context);
  const lines: readonly (readonly [string, string])[] = [
    [`cd ${printable(args[0] ?? defaultFolder)}`, ''],
    [`${program} query`, 'every table, with its first rows'],
    [`${program} query "${lowest}"`, ''],
    [`${program} quarantine list`, 'the refused rows, by file and line'],
    [`${program} explain class_daily_performance.attendance_rate`, 'where a number comes from'],
    [`${program} run`, 'again: nothing to do'],
  ];
  output.talk(`\n${output.style('type next', 'bold')}`);
  for (const [command, why] of lines) {
    output.talk(`  ${command}${why === '' ? '' : output.style(`   # ${why}`, 'dim')}`);
  }
};

type Shown = {
  readonly folder: string;
  readonly school: SchoolNote;
  readonly isNew: boolean;
  readonly report: RunReport;
};

const show = async (
  { folder, school, isNew, report }: Shown,
  context: CommandContext,
): Promise<number> => {
  const { output, effects, signal } = context;
  const reader = await openReader(
    { dataFolder: join(folder, 'data'), withValues: false, signal },
    effects,
  );
  try {
    const comparison = await compareWithPlanted(reader, school);
    const code = comparison.isEqual ? exitCodes[report.status] : 1;
    if (output.json) {
      const { files, totals } = school;
      await output.data(
        JSON.stringify({
          folder,
          is_new: isNew,
          generated: { files, totals },
          run: report,
          comparison,
        }),
      );
      return code;
    }
    await printClassDays(reader, context);
    printComparison(comparison, context);
    printNext(folder, context);
    return code;
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

/**
 * `demo`: makes a school year with planted bad rows, runs it, and compares what was refused with what was
 * planted. Typed again it finds the school, has nothing to run, and shows the same.
 */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, output, projectFolder, effects } = context;
  const shown = args[0] ?? defaultFolder;
  const folder = resolve(projectFolder, shown);
  const { school, isNew } = await openSchool(folder, context);
  const { students, classes, days } = school.options;
  output.talk(
    `${isNew ? 'made' : 'found'} ${printable(shown)}: ${sayCount(number(students))} students, ${sayCount(number(classes))} classes, ${sayCount(number(days))} school days, ${sayCount(school.totals.read)} rows, ${sayCount(school.totals.quarantined)} of them bad\n`,
  );
  const result = await runProject(
    { ...runOptions({ ...context, options: {}, projectFolder: folder }), projectFolder: folder },
    effects,
  );
  if (result.kind === 'problems') return printProblems(output, result.problems);
  const inFolder = toType(folderToType(context.options, shown));
  if (!output.json) printRun({ ...output, toType: inFolder }, result.value);
  return show({ folder, school, isNew, report: result.value }, context);
};
