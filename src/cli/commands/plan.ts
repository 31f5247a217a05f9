import { plural } from '../../base/index.ts';
import type { Plan, PlannedFile } from '../../plan/index.ts';
import { type DryRun, dryRun, planProject } from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { type Output, printable } from '../output.ts';
import { printProblems } from '../print-problems.ts';
import { printFiles } from '../print-run.ts';
import { shortPath } from '../say.ts';
import { describeProgress } from './run.ts';

const reasonOf = (file: PlannedFile): string => {
  switch (file.why) {
    case 'new':
      return 'new';
    case 'changed':
      return `changed: same name, bytes ${file.before} -> ${file.after}`;
    case 'retry':
      return `was set aside (${file.reason}); contract or settings changed since`;
    case 'pending':
      return 'received by a run that did not commit';
    case 'same':
      return 'same bytes';
    case 'same_bytes_elsewhere':
      return `same bytes as ${shortPath(file.repeats ?? '')}`;
    case 'set_aside':
      return `set aside (${file.reason}); read again when the file, its contract or the settings change`;
    case 'misfit':
      return `set aside (${file.reason}): ${file.detail}`;
    case 'file_unsafe':
      return `set aside: a ${file.reason}, not a file`;
    case 'file_empty':
      return 'set aside: it has no bytes';
    default:
      return file.why satisfies never;
  }
};

const fileLine = (file: PlannedFile): string => {
  const facts = [
    reasonOf(file),
    ...(file.action === 'load' ? [file.feed ?? 'feed told when it is read'] : []),
    ...(file.action === 'load' && file.batch_date !== null ? [`batch ${file.batch_date}`] : []),
  ];
  return `${file.action.padEnd(5)} ${printable(shortPath(file.path))} ${facts.join(', ')}`;
};

const layerWords: Readonly<Record<string, readonly [string, string]>> = {
  reference: ['reference table', 'reference tables'],
  silver: ['silver model', 'silver models'],
  gold: ['gold model', 'gold models'],
  compat: ['compatibility view', 'compatibility views'],
};

const modelLine = ({ models }: Plan): string => {
  if (models.length === 0) return 'build nothing';
  const layers = Object.entries(layerWords).flatMap(([schema, [one, many]]) => {
    const count = models.filter((model) => model.relation.startsWith(`${schema}.`)).length;
    return count === 0 ? [] : [plural(count, one, many)];
  });
  const behind = models.filter((model) => model.why === 'behind').length;
  const note =
    behind === 0
      ? ''
      : `; of these, ${plural(behind, 'table is', 'tables are')} missing or older than the project's files`;
  return `build ${layers.join(', ')}${note}`;
};

const printPlan = async (output: Output, plan: Plan): Promise<void> => {
  for (const file of plan.files) if (file.action !== 'skip') await output.data(fileLine(file));
  for (const file of plan.files.filter((one) => one.why === 'same_bytes_elsewhere'))
    await output.data(fileLine(file));
  const same = plan.files.filter((file) => file.why === 'same').length;
  if (same > 0) await output.data(`skip  ${plural(same, 'file', 'files')} (same bytes)`);
  if (plan.files.length === 0) await output.data('no file lies in the drop zone');
  await output.data(`${modelLine(plan)}. Nothing was changed.`);
};

const printDryRun = (output: Output, { report, reasons }: DryRun): void => {
  if (report.status === 'nothing') {
    output.talk(
      `nothing to read in ${plural(report.files.length, 'file', 'files')}. Nothing was changed.`,
    );
    return;
  }
  printFiles(output, report);
  for (const { file, code, column, records, first_line: line } of reasons) {
    const what = column === null ? code : `${code} ${printable(column)}`;
    output.talk(
      `  refuse  ${printable(shortPath(file))}:${line} ${what}, ${plural(records, 'row', 'rows')}`,
    );
  }
  for (const file of report.files.filter((one) => one.status === 'set_aside')) {
    output.talk(`  aside   ${printable(shortPath(file.path))} ${file.reason ?? ''}`);
  }
  for (const { code, file, line, column, text } of report.warnings) {
    const where = [file === undefined ? undefined : shortPath(file), line]
      .filter((part) => part !== undefined)
      .join(':');
    output.talk(
      `  warning ${code} ${printable([where, column].filter((part) => part !== undefined && part !== '').join(' '))}: ${printable(text)}`,
    );
  }
  if (report.totals.promoted > 0)
    output.talk(
      `  promote ${plural(report.totals.promoted, 'orphan', 'orphans')} whose student arrives`,
    );
  output.talk('Nothing was changed.');
};

/** `plan`: what a run would do; with `--read`, what it would load and refuse. */
export const run = async (context: CommandContext): Promise<number> => {
  const { output, options, projectFolder, packageFolder, version, signal, effects } = context;
  const request = { projectFolder, packageFolder, version, signal };
  if (options.read === true) {
    const result = await dryRun(
      { ...request, onProgress: (event) => output.progress(describeProgress(event)) },
      effects,
    );
    if (result.kind === 'problems') return printProblems(output, result.problems);
    const { report, reasons } = result.value;
    if (output.json) await output.data(JSON.stringify({ ...report, reasons }));
    else printDryRun(output, result.value);
    return report.status === 'data' ? 1 : 0;
  }
  const result = await planProject(request, effects);
  if (result.kind === 'problems') return printProblems(output, result.problems);
  if (output.json) await output.data(JSON.stringify(result.value));
  else await printPlan(output, result.value);
  return 0;
};
