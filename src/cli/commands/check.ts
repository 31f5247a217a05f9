import { plural } from '../../base/index.ts';
import { checkProject, type ProjectCheck } from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import type { Output } from '../output.ts';
import { printProblems } from '../print-problems.ts';
import { printWarnings } from '../print-run.ts';

const failedOf = (found: ProjectCheck, severity: 'error' | 'warn') =>
  found.checks.filter((check) => check.severity === severity && check.failed_rows > 0);

const exitCode = (found: ProjectCheck): number => {
  if (found.damaged.length > 0) return 3;
  return failedOf(found, 'error').length > 0 ? 1 : 0;
};

const statuses = ['ok', 'data', '', 'failed'] as const;

const printDamaged = (output: Output, { damaged, parts, snapshot }: ProjectCheck): void => {
  for (const part of damaged)
    output.alarm(
      `${output.style('damaged', 'red')}  data/lake/${part}: its bytes are not those that were committed`,
    );
  output.alarm(
    `${damaged.length} of ${plural(parts, 'part', 'parts')} of snapshot ${snapshot} damaged; the checks were not asked.\n  The archive has every row: ${output.toType('schoolhouse run --full-refresh')} builds the lake anew.`,
  );
};

const printChecks = (output: Output, found: ProjectCheck): void => {
  const failed = failedOf(found, 'error');
  const warned = failedOf(found, 'warn');
  const named = (checks: ProjectCheck['checks']): string =>
    checks.map((check) => `${check.name}, ${plural(check.failed_rows, 'row', 'rows')}`).join('; ');
  const passed = found.checks.length - failed.length - warned.length;
  const said = [
    `${passed} passed`,
    ...(warned.length === 0 ? [] : [`${warned.length} warned (${named(warned)})`]),
    ...(failed.length === 0
      ? []
      : [`${output.style(`${failed.length} failed`, 'red')}: ${named(failed)}`]),
  ].join(', ');
  if (failed.length > 0) output.alarm(said);
  else output.talk(said);
  if (found.waiting.length > 0) {
    output.talk(
      `${plural(found.waiting.length, 'check waits', 'checks wait')} for tables that the next run builds anew: ${output.toType('schoolhouse run')}`,
    );
  }
  output.talk(`snapshot ${found.snapshot}: ${plural(found.parts, 'part', 'parts')} as committed`);
};

/** `check`: the project compiles, the data passes every check, every part is whole. */
export const run = async (context: CommandContext): Promise<number> => {
  const { output, options, projectFolder, packageFolder, version, signal, effects } = context;
  const isCompileOnly = options.compile === true;
  const onProgress = (step: string): void => output.progress(step);
  const result = await checkProject(
    { projectFolder, packageFolder, version, isCompileOnly, signal, onProgress },
    effects,
  );
  if (result.kind === 'problems') return printProblems(output, result.problems);
  const found = result.value;
  const code = exitCode(found);
  if (output.json) {
    await output.data(JSON.stringify({ status: statuses[code], ...found }));
    return code;
  }
  const tested =
    found.tests === 0 ? '' : `; ${plural(found.tests, 'test', 'tests')} of your own models passed`;
  output.talk(
    `${plural(found.feeds, 'feed', 'feeds')} and ${plural(found.models, 'model', 'models')} compile${tested}`,
  );
  printWarnings(output, found.warnings);
  if (found.damaged.length > 0) printDamaged(output, found);
  else if (found.snapshot !== null) printChecks(output, found);
  else if (!isCompileOnly) output.talk('Nothing was loaded yet, so there was no data to check.');
  return code;
};
