import { pipelineError, plural } from '../../base/index.ts';
import { type Explanation, explainRelation } from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { formatTable } from '../format-table.ts';
import type { Output } from '../output.ts';
import { printProblems } from '../print-problems.ts';

const policyLines = ({ policies }: Explanation): readonly string[] =>
  policies.flatMap((policy) => [
    `  ${policy.key}  ${policy.is} Read by ${policy.read_by}.`,
    ...policy.values.map(({ value, scope, from, to, source }) => {
      const days = from === null && to === null ? '' : `, ${from ?? '…'} to ${to ?? '…'}`;
      return `    = ${value}  (${scope}${days}; ${source})`;
    }),
  ]);

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

const listed = (names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`  ${names.join(', ')}`];

const columnLines = ({ column, relation }: Explanation): readonly string[] => {
  if (column === null) return [];
  const { formula } = column;
  return [
    `${relation}.${column.name}  ${column.type}, ${column.privacy}${column.unit === null ? '' : `, ${column.unit}`}`,
    `  ${column.is}`,
    ...section(
      'formula',
      (formula?.lines ?? []).map(
        (line) => `  ${'  '.repeat(line.depth)}${line.name} = ${line.expression}`,
      ),
    ),
    ...section(
      'comes from',
      column.sources.map(({ name, is }) => `  ${name}${is === '' ? '' : `  ${is}`}`),
    ),
    ...section('goes into', listed(column.downstream)),
  ];
};

const relationLines = (explained: Explanation): readonly string[] => [
  `${explained.relation}  ${explained.grain}`,
  ...(explained.description === '' ? [] : [`  ${explained.description.replaceAll(/\s+/g, ' ')}`]),
  `  key      ${explained.key.length === 0 ? 'none' : explained.key.join(', ')}`,
  `  refresh  ${explained.refresh}`,
  `  rows of  ${explained.policy} (who may see them)`,
  `  defined  ${explained.defined_in}`,
  explained.built === null
    ? '  built    never'
    : `  built    ${plural(explained.built.rows, 'row', 'rows')}, last changed by run ${explained.built.run_id}`,
  ...section(
    'columns',
    formatTable(
      ['name', 'type', 'unit', 'privacy', 'is'],
      explained.columns.map(({ name, type, unit, privacy, is }) => [
        name,
        type,
        unit ?? '',
        privacy,
        is,
      ]),
    )
      .split('\n')
      .map((line) => `  ${line}`),
  ),
];

/** A column whose formula cannot be told has the settings of its relation: more than may decide it. */
const titleOf = ({ column, policies_of: of }: Explanation): string =>
  column !== null && of === 'relation'
    ? 'settings in force, of the relation and all that it is made from'
    : 'settings in force, of all that it is made from';

const printExplanation = async (output: Output, explained: Explanation): Promise<void> => {
  const { column } = explained;
  const checks = explained.checks.map(
    ({ name, severity, why }) => `  ${name} (${severity})  ${why}`,
  );
  const lines = [
    ...(column === null ? relationLines(explained) : columnLines(explained)),
    ...section(titleOf(explained), policyLines(explained)),
    ...(column === null
      ? [
          ...section('reads', listed(explained.upstream)),
          ...section('read by', listed(explained.downstream)),
          ...section('checks', checks),
          ...section(
            'tests',
            explained.tests.map((name) => `  ${name}`),
          ),
          ...section(
            'formula',
            (explained.sql ?? '')
              .trimEnd()
              .split('\n')
              .filter((line, _, all) => all.length > 1 || line !== '')
              .map((line) => `  ${line}`),
          ),
        ]
      : []),
  ];
  await output.data(lines.join('\n'));
};

/** `explain`: what a table or a column is, how it is made, and which settings decide it. */
export const run = async (context: CommandContext): Promise<number> => {
  const { output, args, projectFolder, packageFolder, version, signal, effects } = context;
  const [name] = args;
  if (name === undefined)
    throw pipelineError(cliErrors, 'cli.missing', { what: 'The name of a relation' });
  const result = await explainRelation(
    { projectFolder, packageFolder, version, name, signal },
    effects,
  );
  if (result.kind === 'problems') return printProblems(output, result.problems);
  if (output.json) await output.data(JSON.stringify(result.value));
  else await printExplanation(output, result.value);
  return 0;
};
