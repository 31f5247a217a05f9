import { plural, sayCount } from '../base/index.ts';
import type { FileReport, RunReport, Warning } from '../run/index.ts';
import { formatTable } from './format-table.ts';
import { type Output, printable } from './output.ts';
import { shortPath } from './say.ts';

const shownFiles = 40;

const shownName = ({ path, replaced }: FileReport): string => {
  const name = printable(
    path
      .split('/')
      .slice(-2)
      .join('/')
      .replace(/^raw\//, ''),
  );
  return replaced === true ? `${name} (older version)` : name;
};

const fileLine = (file: FileReport): readonly string[] => [
  shownName(file),
  sayCount(file.read),
  sayCount(file.loaded),
  sayCount(file.duplicate),
  sayCount(file.superseded),
  sayCount(file.blank),
  sayCount(file.quarantined),
];

/** The table of files: each record of each file is in one of its columns. */
export const printFiles = (output: Output, report: RunReport): void => {
  const loaded = report.files.filter((file) => file.status === 'loaded');
  if (loaded.length === 0) return;
  const rows = loaded.slice(0, shownFiles).map(fileLine);
  const more = loaded.length - shownFiles;
  const head = ['file', 'read', 'loaded', 'dup', 'super', 'blank', 'quar'];
  const { read, loaded: won, duplicate, superseded, blank, quarantined } = report.totals;
  rows.push([
    'total',
    sayCount(read),
    sayCount(won),
    sayCount(duplicate),
    sayCount(superseded),
    sayCount(blank),
    sayCount(quarantined),
  ]);
  const table = formatTable(head, rows).split('\n');
  const last = table.pop() ?? '';
  for (const line of table) output.talk(line);
  if (more > 0) output.talk(`… ${sayCount(more)} more files`);
  output.talk(`${output.style(last, 'bold')}  balanced`);
};

const printAside = (output: Output, report: RunReport): void => {
  for (const file of report.files) {
    if (file.status === 'set_aside') {
      output.alarm(
        `  ${output.style('set aside', 'yellow')} ${printable(file.path)}: ${file.reason ?? ''}`,
      );
      if (file.detail !== undefined)
        output.alarm(`            ${printable(output.toType(file.detail))}`);
    } else if (file.repeats !== undefined) {
      output.talk(
        `  skipped   ${printable(shortPath(file.path))}: same bytes as ${printable(shortPath(file.repeats))}`,
      );
    } else if (file.status === 'waiting') {
      output.talk(`  waiting   ${printable(file.path)}: still being written`);
    }
  }
};

/** Warnings, one a line: the code, the place and the sentence. */
export const printWarnings = (output: Output, warnings: readonly Warning[]): void => {
  const shown = 12;
  for (const warning of warnings.slice(0, shown)) {
    const where = [warning.file, warning.line].filter((part) => part !== undefined).join(':');
    const at = where === '' ? '' : ` ${printable(where)}`;
    const column = warning.column === undefined ? '' : ` ${printable(warning.column)}`;
    output.talk(
      `  ${output.style('warning', 'yellow')}   ${warning.code}${at}${column}: ${printable(output.toType(warning.text))}`,
    );
  }
  const more = warnings.length - shown;
  if (more > 0) output.talk(`  … ${sayCount(more)} more warnings`);
};

const printWaiting = (output: Output, report: RunReport): void => {
  const { quarantined } = report.totals;
  if (quarantined > 0 && report.run_id !== null) {
    output.talk(
      `  ${output.style('warning', 'yellow')}   ${plural(quarantined, 'row waits', 'rows wait')}: ${output.toType(`schoolhouse quarantine list --run ${report.run_id}`)}`,
    );
  }
};

/** The end of a run as a tired person reads it: what was read, what was refused, what was committed. */
export const printRun = (output: Output, report: RunReport): void => {
  if (report.status === 'nothing') {
    printWarnings(output, report.warnings);
    output.talk(
      `nothing new in ${plural(report.files.length, 'file', 'files')}, and every table is up to date (${report.seconds.toFixed(1)} s)`,
    );
    return;
  }
  printFiles(output, report);
  printAside(output, report);
  printWarnings(output, report.warnings);
  printWaiting(output, report);
  const failed = report.checks.filter((check) => check.failed_rows > 0);
  for (const check of failed) {
    const word =
      check.severity === 'error'
        ? output.style('failed', 'red')
        : output.style('warning', 'yellow');
    output.alarm(`  ${word}    check ${check.name}: ${plural(check.failed_rows, 'row', 'rows')}`);
  }
  const passed = report.checks.length - failed.length;
  if (report.totals.promoted > 0) {
    output.talk(
      `  promoted  ${plural(report.totals.promoted, 'orphan', 'orphans')} whose student arrived`,
    );
  }
  if (report.snapshot === null) {
    output.alarm(
      `  no data committed: the tables stay as they were (${report.seconds.toFixed(1)} s)`,
    );
  } else {
    output.talk(
      `  built     ${plural(report.models.length, 'table', 'tables')}, ${plural(passed, 'check', 'checks')} passed`,
    );
    output.talk(
      `  committed snapshot ${report.snapshot}${report.as_of === null ? '' : `, as of ${report.as_of}`}, ${report.seconds.toFixed(1)} s`,
    );
  }
};
