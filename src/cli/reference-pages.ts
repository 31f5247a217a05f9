import {
  feedSettingKeys,
  type Policy,
  policies,
  type SettingKey,
  settings,
} from '../contract/index.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';

/** A page of docs/ that is written from the tables of the program. */
export type ReferencePage = { readonly path: string; readonly text: string };

const written =
  '<!-- Written by `npm run docs` from the code; src/cli/docs.test.ts fails when it is stale. -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');

const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

const globalOptions = [
  ['`--project-dir <folder>`', 'folder of the project; default: this one'],
  ['`--json`', 'one JSON document on stdout'],
  ['`--quiet`', 'no talk, only data and errors'],
  ['`--debug`', 'tell every step; never the value of a cell'],
] as const;

const exitCodes = [
  ['0', 'done; refused rows inside the budget are a warning'],
  ['1', 'data: a check of severity `error` failed, a budget was exceeded, a file is set aside'],
  ['2', 'usage: a flag, the configuration, a contract or a model does not compile'],
  ['3', 'technical: disk, network, a damaged part'],
  ['4', 'another run holds the lake'],
  ['130, 143', 'interrupted; the tables are as the last commit left them'],
] as const;

const commandSection = ({ name, summary, args, options, examples }: Command): readonly string[] => {
  const usage = ['schoolhouse', name, ...args.map((one) => one.name)].join(' ');
  const rows = [
    ...args.map((one) => [`\`${one.name}\``, one.description]),
    ...options.map((one) => [`\`${one.flags}\``, one.description]),
  ];
  return [
    '',
    `## ${name}`,
    `\`${usage}${options.length > 0 ? ' [options]' : ''}\`: ${summary}.`,
    ...(rows.length === 0 ? [] : ['', ...table(['', 'means'], rows)]),
    ...(examples.length === 0 ? [] : ['', '```', ...examples, '```']),
  ];
};

const commandsPage = (): string =>
  [
    '# Commands',
    written,
    '',
    'Data goes to stdout, talk to stderr; progress is shown only on a terminal, colours never with `NO_COLOR`.',
    'No message holds the value of a cell. Every command takes:',
    '',
    ...table(['', 'means'], globalOptions),
    '',
    ...table(['exit code', 'means'], exitCodes),
    ...commands.flatMap(commandSection),
    '',
  ].join('\n');

const settingRow = (key: SettingKey): readonly string[] => {
  const setting = settings[key];
  const { kind, description } = setting;
  const byDefault = setting.default === null ? 'none' : String(setting.default);
  const said = 'defaultSaid' in setting ? setting.defaultSaid : undefined;
  return [`\`${key}\``, kind, said ?? (byDefault === '' ? 'none' : byDefault), description];
};

const policyKind = ({ type }: Policy): string => {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return type.maximum === undefined
        ? `${type.kind} from ${type.minimum}`
        : `${type.kind}, ${type.minimum} to ${type.maximum}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return type.choices.join(', ');
    case 'text':
    case 'list':
      return type.is;
    default:
      return type satisfies never;
  }
};

const scopeWords: Readonly<Record<Policy['scope'], string>> = {
  student: 'class, grade level',
  day: 'day',
  project: 'nothing',
};

const policyRow = ([key, policy]: readonly [string, Policy]): readonly string[] => [
  `\`${key}\``,
  policyKind(policy),
  policy.default,
  scopeWords[policy.scope],
  policy.description,
];

/** Keys of a column in `feeds.<feed>.columns`; a test asks the reader of schoolhouse.yaml for each. */
export const columnSettings: readonly (readonly [string, string])[] = [
  ['header', 'The header in the file.'],
  ['aliases', 'Other headers of the column.'],
  ['type', 'id, text, integer, number, boolean, date, timestamp or code.'],
  [
    'format',
    'How dates or timestamps are written, such as `dd/MM/yyyy` or `%d/%m/%Y`. In a date capitals do not count.',
  ],
  ['required', 'true: a row without it is refused.'],
  ['privacy', 'public, internal, personal or sensitive.'],
  ['description', 'What it is.'],
  ['minimum', 'Smallest number allowed.'],
  ['maximum', 'Largest number allowed.'],
  ['pattern', 'Regular expression that a value must fit.'],
  ['maxLength', 'Characters allowed.'],
  [
    'happened',
    'true: the date of something that happened; it may not lie ahead, and as-of comes from it.',
  ],
  ['nullTokens', 'Texts that mean null here.'],
  ['vocabulary', 'Reference model whose words are codes.'],
  ['valueMap', 'Word in the file: code; wins over the vocabulary.'],
  ['unlisted', '`quarantine`, or the code that an unlisted word becomes.'],
  ['blank', 'The code that a blank becomes.'],
  ['references', 'Feed and column that the values must exist in, such as `students.student_id`.'],
];

const environment = [
  '## Environment',
  'Every key can come from a variable: `SCHOOLHOUSE__` and the key, its parts divided by two underscores:',
  '`SCHOOLHOUSE__LAKE__KEEP=60`, `SCHOOLHOUSE__PRIVACY__KEY_SECRET=…`. Lists are written as JSON.',
];

const laterKeys = Object.entries(policies)
  .filter(([, policy]) => policy.isLater)
  .map(([key]) => `\`${key}\``);

/** Keys of a row of a policy; a test asks the reader of schoolhouse.yaml for each. */
export const policyRowKeys: readonly (readonly [string, string])[] = [
  ['value', 'The value.'],
  ['scope_type', '`all` (default), `grade_level` or `class`, where the policy may differ by it.'],
  ['scope_id', 'The grade level or class; not with `all`.'],
  ['effective_from', 'First day on which it holds; from the beginning without it.'],
  ['effective_to', 'Last day on which it holds; open without it.'],
];

const policyNotes = [
  '## Policies',
  'Definitions that schools differ in, under `policies:`. A value alone holds for the whole project. A list holds rows, each with',
  '`value` and, where it does not hold for everybody and for ever, `scope_type` (`class` or `grade_level`) with `scope_id`, and',
  '`effective_from` and `effective_to`, both included. What may differ by *day* is judged by the row in force on each day; what may',
  "differ by *class, grade level* by the most specific row in force on the run's as-of date; the rest has one value. Anything else is",
  'an error: a row that no table heeds would look kept and not be.',
  '',
  '```yaml',
  'policies:',
  '  summary.window: academic_year',
  '  attendance.half_day_is:',
  '    - { value: half, effective_from: 2025-07-01 }',
  '  assessment: { max_percent: 120 }',
  '```',
  'A row has these keys:',
  '',
  ...table(
    ['key', 'means'],
    policyRowKeys.map(([key, means]) => [`\`${key}\``, means]),
  ),
  '',
  'These belong to tables and feeds that come later. They are accepted and change nothing yet, and `run` and `check` say so:',
  `${laterKeys.join(', ')}.`,
  '',
];

const configurationPage = (): string =>
  [
    '# Configuration',
    written,
    '',
    '`schoolhouse.yaml` lies in the project folder and is optional, as is every key in it. A value comes from a flag, else the',
    'environment, else the file, else the default; `schoolhouse doctor` prints where each one came from. An unknown key is an error',
    'that names its line and the closest key.',
    '',
    '## Settings',
    ...table(
      ['key', 'type', 'default', 'means'],
      (Object.keys(settings) as SettingKey[]).map(settingRow),
    ),
    '',
    ...environment,
    '',
    '## Feeds',
    'Under `feeds: <feed>:`, merged over the contract that comes with the program, key by key. `contracts/<feed>.odcs.yaml` in the',
    'project replaces a contract whole.',
    '',
    ...table(
      ['key', 'means'],
      feedSettingKeys.map(({ key, description }) => [`\`${key}\``, description]),
    ),
    '',
    'A column under `columns:` is a header, or a section with:',
    '',
    ...table(
      ['key', 'means'],
      columnSettings.map(([key, means]) => [`\`${key}\``, means]),
    ),
    '',
    ...policyNotes,
    ...table(
      ['key', 'values', 'default', 'may differ by', 'means'],
      Object.entries(policies).map(policyRow),
    ),
    '',
  ].join('\n');

/** The pages that `npm run docs` writes, relative to the repository. */
export const referencePages = (): readonly ReferencePage[] => [
  { path: 'docs/commands.md', text: commandsPage() },
  { path: 'docs/configuration.md', text: configurationPage() },
];
