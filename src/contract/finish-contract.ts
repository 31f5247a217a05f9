import { createHash } from 'node:crypto';
import { type Compiled, type PipelineError, pipelineError, problems } from '../base/index.ts';
import { checkContract } from './check-contract.ts';
import type { ColumnType, Contract, ContractColumn } from './contract.ts';
import type { CheckedDraft, ColumnDraft, ContractDraft } from './contract-draft.ts';
import { dateFormat } from './date-format.ts';
import { contractErrors } from './errors.ts';
import { usualNullTokens } from './merge-feed-settings.ts';
import type { ProjectPolicies } from './resolve-policies.ts';

type TypeKey =
  | 'format'
  | 'minimum'
  | 'maximum'
  | 'pattern'
  | 'maxLength'
  | 'vocabulary'
  | 'valueMap'
  | 'unlisted'
  | 'blank'
  | 'blankPolicy';

const codeKeys: readonly TypeKey[] = ['vocabulary', 'valueMap', 'unlisted', 'blank', 'blankPolicy'];
const allowedKeys: Readonly<Record<ColumnType['kind'], readonly TypeKey[]>> = {
  id: ['pattern', 'maxLength'],
  text: ['pattern', 'maxLength'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
  boolean: [],
  date: ['format'],
  timestamp: ['format'],
  code: codeKeys,
};
const typeKeys: readonly TypeKey[] = [
  'format',
  'minimum',
  'maximum',
  'pattern',
  'maxLength',
  ...codeKeys,
];

/** What a blank becomes, when a policy decides it: `quarantine` refuses it, any other value is the code. */
const blankOf = (column: ColumnDraft, policies: ProjectPolicies): string | null => {
  if (column.blankPolicy === undefined) return column.blank ?? null;
  const value = policies.get(column.blankPolicy);
  return value === undefined || value === 'quarantine' ? null : String(value);
};

const columnType = (column: ColumnDraft, policies: ProjectPolicies): ColumnType => {
  const kind = column.type ?? 'text';
  switch (kind) {
    case 'date':
    case 'timestamp':
      return {
        kind,
        format: column.format === undefined ? undefined : dateFormat(column.format, kind),
      };
    case 'code':
      return {
        kind,
        vocabulary: column.vocabulary ?? '',
        valueMap: column.valueMap ?? {},
        unlisted:
          column.unlisted === undefined || column.unlisted === 'quarantine'
            ? { kind: 'quarantine' }
            : { kind: 'code', code: column.unlisted },
        blank: blankOf(column, policies),
      };
    case 'id':
    case 'text':
    case 'integer':
    case 'number':
    case 'boolean':
      return { kind };
    default:
      return kind satisfies never;
  }
};

const finishColumn = (column: ColumnDraft, policies: ProjectPolicies): ContractColumn => ({
  name: column.name,
  type: columnType(column, policies),
  physicalName: column.header ?? column.name,
  aliases: column.aliases ?? [],
  required:
    column.required === true ||
    (column.blankPolicy !== undefined && policies.get(column.blankPolicy) === 'quarantine'),
  privacy: column.privacy ?? 'personal',
  description: column.description ?? '',
  minimum: column.minimum,
  maximum: column.maximum,
  pattern: column.pattern,
  maxLength: column.maxLength,
  happened: column.happened ?? false,
  codes: Object.fromEntries(
    Object.entries(column.codes ?? {}).filter(([, code]) => code !== undefined),
  ),
  nullTokens: column.nullTokens,
});

const typeProblems = (column: ColumnDraft): readonly PipelineError[] => {
  const type = column.type ?? 'text';
  const { name, place } = column;
  const misplaced = typeKeys
    .filter((key) => column[key] !== undefined && !allowedKeys[type].includes(key))
    .map((key) =>
      pipelineError(contractErrors, 'contract.two-types', { column: name, key, type }, { place }),
    );
  const wrong = (key: string, expected: string): PipelineError =>
    pipelineError(
      contractErrors,
      'config.wrong-value',
      { key: `${name}.${key}`, expected },
      { place },
    );
  const isMoment = type === 'date' || type === 'timestamp';
  const hasBadFormat =
    isMoment && column.format !== undefined && dateFormat(column.format, type) === undefined;
  const hasNoWords =
    type === 'code' && column.vocabulary === undefined && column.valueMap === undefined;
  return [
    ...misplaced,
    ...(hasBadFormat
      ? [wrong('format', 'such as dd/MM/yyyy or %d.%m.%Y, with year, month and day')]
      : []),
    ...(hasNoWords ? [wrong('vocabulary', 'given, or a valueMap, for a column of type code')] : []),
    ...(column.happened === true && !isMoment
      ? [wrong('type', 'date or timestamp, as it happened')]
      : []),
  ];
};

const newestBy = (draft: ContractDraft): string | undefined =>
  draft.newestBy ??
  ['updated_at', 'created_at'].find((name) =>
    draft.columns.some((column) => column.name === name && column.type === 'timestamp'),
  );

const sortKeys = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** SHA-256 of what decides what a file of the feed is loaded as: names of files, words for people, privacy classes and places do not. */
const hashContract = ({
  description,
  version,
  place,
  columns,
  rules,
  filePatterns,
  ...rest
}: Omit<Contract, 'hash'>): string => {
  const deciding = {
    ...rest,
    columns: columns.map(({ description: _, privacy: __, ...column }) => column),
    rules: rules.map(({ code, column, refuseWhen }) => ({ code, column, refuseWhen })),
  };
  return createHash('sha256').update(JSON.stringify(deciding, sortKeys)).digest('hex');
};

/** Checks the parts of a contract against each other and fills in defaults. Every problem at once. */
export const finishContract = (
  { draft, wrong: known }: CheckedDraft,
  policies: ProjectPolicies,
): Compiled<Contract> => {
  const columns = draft.columns.map((column) => finishColumn(column, policies));
  const newest = newestBy(draft);
  const wrong = [
    ...known,
    ...draft.columns.flatMap(typeProblems),
    ...checkContract({ ...draft, ...(newest === undefined ? {} : { newestBy: newest }) }, policies),
  ];
  if (wrong.length > 0) return problems(wrong);
  const contract: Omit<Contract, 'hash'> = {
    feed: draft.feed,
    description: draft.description,
    version: draft.version,
    columns,
    key: draft.key,
    naturalKey:
      draft.naturalKey === undefined
        ? undefined
        : { columns: draft.naturalKey, unique: draft.naturalKeyUnique ?? false },
    loadStrategy: draft.loadStrategy ?? 'append',
    newestBy: newest,
    filePatterns: draft.filePatterns ?? [`*${draft.feed}*`],
    records: draft.records,
    encoding: draft.encoding,
    nullTokens: draft.nullTokens ?? usualNullTokens,
    relationships: draft.columns.flatMap((column) => {
      const [feed, toColumn] = column.references?.split('.') ?? [];
      return feed === undefined || toColumn === undefined
        ? []
        : [{ column: column.name, feed, toColumn }];
    }),
    rules: draft.rules.map(({ place: _, ...rule }) => rule),
    onNewColumn: draft.onNewColumn ?? 'evolve',
    onMissingColumn: draft.onMissingColumn ?? 'evolve',
    onTypeChange: draft.onTypeChange ?? 'quarantine',
    place: draft.place,
  };
  return { kind: 'ok', value: { ...contract, hash: hashContract(contract) } };
};
