import { join, resolve } from 'node:path';
import { pipelineError, sayCount } from '../../base/index.ts';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { formatTable } from '../format-table.ts';
import {
  makeSchool,
  noteName,
  readNote,
  type SchoolNote,
  type SchoolSizes,
} from '../generated-school.ts';
import { type Output, printable } from '../output.ts';
import { parseCount } from '../parse-flag.ts';
import { folderToType, toType } from '../to-type.ts';

const countColumns = ['read', 'loaded', 'duplicate', 'superseded', 'blank', 'quarantined'] as const;

const shownFiles = 8;

/** What a run will count in the files, as the generator counted it while writing. */
const printFiles = (output: Output, { files, totals }: SchoolNote): void => {
  const rows = files
    .slice(0, shownFiles)
    .map((file) => [file.path, ...countColumns.map((name) => sayCount(file[name]))]);
  const total = ['total', ...countColumns.map((name) => sayCount(totals[name]))];
  const head = ['file', 'read', 'loaded', 'dup', 'super', 'blank', 'quar'];
  const table = formatTable(head, [...rows, total]).split('\n');
  const last = table.pop() ?? '';
  for (const line of table) output.talk(line);
  const more = files.length - shownFiles;
  if (more > 0) output.talk(`… ${sayCount(more)} more files`);
  output.talk(output.style(last, 'bold'));
};

const printPlanted = (output: Output, { files, totals }: SchoolNote): void => {
  const feeds = [...new Set(files.map((file) => file.feed))];
  const ofFeed = (feed: string, code: string): number =>
    files
      .filter((file) => file.feed === feed)
      .reduce((sum, file) => sum + (file.reasons[code] ?? 0), 0);
  const rows = Object.keys(totals.reasons).map((code) => [
    code,
    ...feeds.map((feed) => sayCount(ofFeed(feed, code))),
    sayCount(totals.reasons[code] ?? 0),
  ]);
  if (rows.length === 0) return;
  output.talk('\nplanted, to be refused:');
  output.talk(formatTable(['reason', ...feeds, 'rows'], rows));
};

/** `generate`: writes a school that never was into data/raw, and tells every bad row that it planted. */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, options, output, projectFolder, effects } = context;
  const folder = resolve(projectFolder, args[0] ?? '.');
  const sizes: SchoolSizes = {
    students: parseCount('--students', options.students),
    classes: parseCount('--classes', options.classes),
    days: parseCount('--days', options.days),
    assessments: parseCount('--assessments', options.assessments),
    defects: parseCount('--defects', options.defects),
    seed: parseCount('--seed', options.seed),
    files: options.daily === true ? 'daily' : 'single',
  };
  if ((await readNote(folder, effects))?.state === 'made') {
    throw pipelineError(
      cliErrors,
      'cli.school-exists',
      { folder: args[0] ?? '.' },
      {
        place: { file: join(folder, noteName) },
        hint: 'Nothing was written. Name another folder: schoolhouse generate <folder>',
      },
    );
  }
  const school = await makeSchool(folder, sizes, effects);
  if (output.json) {
    await output.data(JSON.stringify({ folder, ...school }));
    return 0;
  }
  const where = args[0] === undefined ? '' : `${printable(args[0])}/`;
  output.talk(`wrote ${sayCount(school.totals.read)} rows to ${where}data/raw`);
  printFiles(output, school);
  printPlanted(output, school);
  output.talk(`\n${where}${noteName} has each planted row with its file, line and reason.`);
  const next = toType(folderToType(options, args[0]))('schoolhouse run');
  output.talk(`Load it: ${next}`);
  return 0;
};
