import { basename, join, resolve } from 'node:path';
import { type Effects, plural, sayCount } from '../../base/index.ts';
import { configFile } from '../../contract/index.ts';
import type { CommandContext } from '../command.ts';
import { firstConfig, proposedFeeds } from '../first-config.ts';
import { type FirstLook, type Look, lookAtProject } from '../first-look.ts';
import { formatTable } from '../format-table.ts';
import { type Output, printable } from '../output.ts';
import { printProblems } from '../print-problems.ts';
import { folderToType, toType } from '../to-type.ts';

const inTwelveColumns = 12;

const describeLacking = (lacking: Look['lacking']): readonly string[] =>
  lacking.map(({ column, closest, candidates }) => {
    const near = closest === undefined ? '' : `; closest header: ${printable(closest)}`;
    const isMany = closest !== undefined || candidates.length === 0;
    const may = isMany ? '' : `; it may be: ${candidates.map(printable).join(', ')}`;
    return `  ${column} is missing${near}${may}`;
  });

const describeHeaders = ({ taken, unmatched }: Look): readonly string[] => {
  const renamed = taken.filter(({ column, header }) => column !== header);
  const same = taken.filter(({ column, header }) => column === header);
  return [
    ...(same.length > 0 ? [`  as they are  ${same.map(({ column }) => column).join(', ')}`] : []),
    ...renamed.map(({ column, header }) => `  ${printable(header)} → ${column}`),
    ...unmatched.map(
      ({ header, closest }) =>
        `  ${printable(header)} → no column${closest === undefined ? '' : `; closest: ${closest}`}`,
    ),
  ];
};

const describeProblem = (title: string, look: Look, output: Output): readonly string[] => {
  const { problem, likelyFeed, lacking } = look;
  const hints = problem?.hint?.split('\n') ?? [];
  return [
    `${title}  ${output.style('fits no feed yet', 'yellow')}`,
    ...[problem?.message ?? '', ...hints].map((line) => `  ${printable(line)}`),
    ...(likelyFeed === undefined ? [] : [`  its header fits ${likelyFeed} best`]),
    ...describeHeaders(look),
    ...describeLacking(lacking),
  ];
};

/** What a run would refuse of the records that were tried. */
const describeMisfits = ({ misfits }: Look): readonly string[] =>
  misfits.map(({ column, code, rows, tried, formats }) => {
    const written =
      formats.length === 0 ? '' : `; they look like ${formats.join(' or ')}: name their format`;
    const of = tried === rows ? 'all' : `${sayCount(rows)} of`;
    return `  ${column}: ${of} the first ${plural(tried, 'row', 'rows')} would be refused, ${code}${written}`;
  });

/** The lines on one file: what it is, which header fills which column, what nobody takes. */
const describeLook = (look: Look, output: Output): readonly string[] => {
  const { path, rows, feed, taken, unmatched, lacking } = look;
  const title = output.style(printable(path), 'bold');
  if (look.problem !== undefined) return describeProblem(title, look, output);
  return [
    `${title}  ${feed ?? ''}, ${plural(rows, 'row', 'rows')}, ${taken.length} of ${taken.length + unmatched.length} columns taken`,
    ...describeHeaders(look),
    ...describeLacking(lacking),
    ...describeMisfits(look),
  ];
};

/** Three records of each feed: what the columns hold says more than their names. */
const describeSample = ({ feed, sample, taken }: Look): readonly string[] => {
  if (sample.length === 0) return [];
  const names = taken.map(({ column }) => column).slice(0, inTwelveColumns);
  const table = formatTable(
    names,
    sample.map((record) => names.map((name) => record[name] ?? null)),
  );
  return [`  first records as ${feed ?? ''}:`, ...table.split('\n').map((line) => `    ${line}`)];
};

const printLooks = async ({ looks }: FirstLook, output: Output): Promise<void> => {
  const sampled = new Set<string>();
  for (const look of looks) {
    const isFirst = look.feed !== undefined && !sampled.has(look.feed);
    if (look.feed !== undefined) sampled.add(look.feed);
    const lines = [...describeLook(look, output), ...(isFirst ? describeSample(look) : [])];
    await output.data(`${lines.join('\n')}\n`);
  }
};

const sectionOf = (lines: readonly string[]): string =>
  ['feeds:', ...lines.map((line) => `  ${printable(line)}`)].join('\n');

/** Makes what is missing; returns what was made. What lies there is never touched. */
const makeFolders = async (folder: string, effects: Effects): Promise<readonly string[]> => {
  const raw = join(folder, 'data', 'raw');
  if ((await effects.fs.stat(raw)) !== undefined) return [];
  await effects.fs.makeFolder(raw);
  return ['data/raw'];
};

const writeConfig = async (
  folder: string,
  look: FirstLook,
  effects: Effects,
): Promise<readonly string[]> => {
  const path = join(folder, configFile);
  if ((await effects.fs.stat(path)) !== undefined) return [];
  const zone = effects.env.TZ ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  await effects.fs.writeText(path, firstConfig({ name: basename(folder), zone, look }));
  return [configFile];
};

/** Children's data is not committed with a project: neither what lies in data/ nor what a run writes there. */
const writeIgnore = async (folder: string, effects: Effects): Promise<readonly string[]> => {
  const path = join(folder, 'data', '.gitignore');
  if ((await effects.fs.stat(path)) !== undefined) return [];
  await effects.fs.writeText(path, '*\n!.gitignore\n');
  return ['data/.gitignore'];
};

/**
 * `init`: makes schoolhouse.yaml, data/raw and data/.gitignore where they are missing, and tells how the files that
 * lie there already fit the feeds. Asks nothing, overwrites nothing, loads nothing.
 */
export const run = async (context: CommandContext): Promise<number> => {
  const { args, options, output, projectFolder, packageFolder, effects } = context;
  const folder = resolve(projectFolder, args[0] ?? '.');
  const folders = await makeFolders(folder, effects);
  const looked = await lookAtProject({ projectFolder: folder, packageFolder }, effects);
  if (looked.kind === 'problems') return printProblems(output, looked.problems);
  const look = looked.value;
  const made = [
    ...folders,
    ...(await writeConfig(folder, look, effects)),
    ...(await writeIgnore(folder, effects)),
  ];
  if (output.json) {
    const files = look.looks.map(({ problem, classPattern, ...file }) => ({
      ...file,
      feed: file.feed ?? null,
      likelyFeed: file.likelyFeed ?? null,
      problem:
        problem === undefined
          ? null
          : { code: problem.code, message: problem.message, hint: problem.hint },
      classPattern: classPattern ?? null,
    }));
    await output.data(JSON.stringify({ folder, made, files }));
    return 0;
  }
  const where = args[0] === undefined ? '' : `${printable(args[0])}/`;
  output.talk(
    made.length === 0
      ? 'everything is there already; nothing was changed'
      : `made ${made.map((name) => `${where}${name}`).join(', ')}`,
  );
  if (look.looks.length > 0)
    output.talk(`found ${plural(look.looks.length, 'file', 'files')}; nothing was loaded\n`);
  await printLooks(look, output);
  if (look.isBeside && made.includes(configFile)) {
    output.talk(`The files lie beside data/raw: ${configFile} names them, or move them there.`);
  }
  const next = toType(folderToType(options, args[0]))('schoolhouse run');
  const open = look.looks.filter((one) => one.feed === undefined || one.misfits.length > 0).length;
  const proposed = proposedFeeds(look);
  if (open > 0 && proposed.length > 0 && !made.includes(configFile))
    output.talk(`Proposals for ${where}${configFile}:\n${sectionOf(proposed)}\n`);
  if (look.looks.length === 0)
    output.talk(`Put exports (CSV or JSON) into ${where}data/raw, then type: ${next}`);
  else if (open > 0)
    output.talk(`Look at the proposals for ${where}${configFile}, then type: ${next}`);
  else output.talk(`Type next: ${next}`);
  return 0;
};
