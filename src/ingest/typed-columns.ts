import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../base/index.ts';
import type { Contract, ContractColumn, Drift, RowRule } from '../contract/index.ts';
import { driftConditions } from './drift-columns.ts';

/** What the file and the project add to a contract when its cells are read. */
export type ReadingContext = {
  /** Contract column → position in the file (0-based), for the columns that the file has. */
  readonly positions: ReadonlyMap<string, number>;
  /** Vocabulary name → raw word (folded) → code. */
  readonly vocabularies: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Policy key → value in force for the whole project. */
  readonly policies: ReadonlyMap<string, string | number | boolean>;
  readonly timeZone: string;
  readonly receivedOn: string;
  /** Columns that only the file or only the contract has. */
  readonly drift: Drift;
};

/** A reason to refuse a row: `when` is SQL over the raw (`r_<column>`) and typed columns of one row. */
export type RefusalCondition = {
  readonly code: string;
  readonly column: string | null;
  readonly when: Sql;
};

const engineTypes = {
  id: 'VARCHAR',
  text: 'VARCHAR',
  code: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DECIMAL(18,6)',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

/** The engine type of a contract column in bronze. */
export const bronzeColumnType = (column: ContractColumn): string => engineTypes[column.type.kind];

/** The name under which a column's text, null tokens removed, stands in the raw stage. */
export const rawName = (column: string): Sql => quoteName(`r_${column}`);

const blanks = quoteText(' \t\r\n\u00a0\u3000\ufeff');

/**
 * Text without surrounding blanks. Plain ASCII with none at its ends is left as it is: trimming a set
 * of characters costs ten times as much as looking.
 */
export const trimmedText = (source: Sql): Sql =>
  sql`case when strlen(${source}) = length(${source}) and ${source} >= '!' and not suffix(${source}, ' ')
    and not suffix(${source}, '\t') and not suffix(${source}, '\r') and not suffix(${source}, '\n') then ${source}
    else trim(${source}, ${blanks}) end`;

/** True for a cell without text; most are told by their first character. */
export const isBlankText = (source: Sql): Sql =>
  sql`case when ${source} >= '!' then false else coalesce(trim(${source}, ${blanks}), '') = '' end`;

/** Trimmed text, null when it is empty or a null token. */
export const cellText = (trimmed: Sql, nullTokens: readonly string[]): Sql => {
  const tokens = nullTokens.filter((t) => t.trim() !== '').map((t) => t.trim().toLowerCase());
  const known = sql`nullif(${trimmed}, '')`;
  if (tokens.length === 0) return known;
  const longest = Math.max(...tokens.map((t) => Buffer.byteLength(t)));
  const list = joinSql(tokens.map(quoteText));
  return sql`case when strlen(${trimmed}) > ${longest} then ${trimmed} when lower(${trimmed}) in (${list}) then null else ${known} end`;
};

/**
 * The code of a word, null for any other text. A cast to an enumeration is a hash look-up: a `case` of
 * 175 spellings takes five times as long.
 */
const lookUp = (text: Sql, words: ReadonlyMap<string, string>): Sql => {
  if (words.size === 0) return sql`null`;
  const spellings = joinSql([...words.keys()].map(quoteText));
  const codes = joinSql([...words.values()].map(quoteText));
  return sql`([${codes}])[enum_code(try_cast(${text} as enum(${spellings}))) + 1]`;
};

const codeExpression = (
  column: ContractColumn,
  type: Extract<ContractColumn['type'], { kind: 'code' }>,
  context: ReadingContext,
): Sql => {
  const raw = rawName(column.name);
  const words = new Map([
    ...(context.vocabularies.get(type.vocabulary) ?? new Map<string, string>()),
    ...Object.entries(type.valueMap),
  ]);
  for (const code of new Set(words.values())) if (!words.has(code)) words.set(code, code);
  const asWritten = new Map<string, string>();
  for (const [word, code] of words) {
    const title = word.slice(0, 1).toUpperCase() + word.slice(1);
    for (const spelling of [word, word.toUpperCase(), title]) {
      if (!asWritten.has(spelling)) asWritten.set(spelling, code);
    }
  }
  const otherwise =
    type.unlisted.kind === 'code'
      ? sql`case when ${raw} is not null then ${quoteText(type.unlisted.code)} end`
      : sql`null`;
  // As written first: folding costs ten times a look-up, and most files use one spelling.
  const mapped = sql`coalesce(${lookUp(raw, asWritten)}, ${lookUp(sql`fold_code(${raw})`, words)}, ${otherwise})`;
  return type.blank === null
    ? mapped
    : sql`case when ${raw} is null then ${quoteText(type.blank)} else ${mapped} end`;
};

/** The typed value of a column from its raw text; null when the text is null or does not fit. */
export const typedExpression = (column: ContractColumn, context: ReadingContext): Sql => {
  if (!context.positions.has(column.name)) {
    return sql`cast(null as ${trustedSql(bronzeColumnType(column))})`;
  }
  const raw = rawName(column.name);
  const type = column.type;
  switch (type.kind) {
    case 'id':
      return sql`id_text(${raw})`;
    case 'text':
      return raw;
    case 'integer':
      return sql`parse_integer(${raw})`;
    case 'number':
      return sql`parse_number(${raw})`;
    case 'boolean':
      return sql`parse_boolean(${raw})`;
    case 'date':
      return sql`parse_date(${raw}, ${quoteText(type.format ?? 'iso')})`;
    case 'timestamp':
      return sql`parse_timestamp(${raw}, ${quoteText(context.timeZone)})`;
    case 'code':
      return codeExpression(column, type, context);
    default:
      return type satisfies never;
  }
};

const invalidCodes = {
  id: 'pattern_mismatch',
  text: 'pattern_mismatch',
  code: 'status_unknown',
  integer: 'number_invalid',
  number: 'number_invalid',
  boolean: 'boolean_invalid',
  date: 'date_invalid',
  timestamp: 'timestamp_invalid',
} as const;

/** A column of numbers, dates, times or yes and no: what `onTypeChange` is about. Other columns are text of some form. */
const isMeasured = ({ type }: ContractColumn): boolean =>
  type.kind !== 'id' && type.kind !== 'text' && type.kind !== 'code';

/** The code and column of each cell that does not fit its type, as the rows refused for it have them. */
export const typeMisfits = (
  contract: Contract,
): readonly { readonly code: string; readonly column: string }[] =>
  contract.columns.filter(isMeasured).map(({ name, type, codes }) => ({
    code: codes.invalid ?? invalidCodes[type.kind],
    column: name,
  }));

const columnConditions = (
  contract: Contract,
  column: ContractColumn,
  context: ReadingContext,
): readonly RefusalCondition[] => {
  const raw = rawName(column.name);
  const typed = quoteName(column.name);
  const found: RefusalCondition[] = [];
  const add = (code: string, when: Sql): void => {
    found.push({ code, column: column.name, when });
  };
  const hasId = contract.key.every((name) => context.positions.has(name));
  const identifies =
    contract.key.includes(column.name) ||
    (!hasId && contract.naturalKey?.columns.includes(column.name) === true) ||
    contract.relationships.some((r) => r.column === column.name);
  if (column.required || contract.key.includes(column.name)) {
    add(
      column.codes.missing ?? (identifies ? 'key_missing' : 'required_missing'),
      sql`${raw} is null`,
    );
  }
  const type = column.type;
  const mayBeNull = contract.onTypeChange === 'ignore' && !column.required && !identifies;
  const fitsAlways =
    type.kind === 'text' ||
    (type.kind === 'code' && type.unlisted.kind === 'code') ||
    (mayBeNull && isMeasured(column));
  if (!fitsAlways) {
    add(
      column.codes.invalid ?? invalidCodes[type.kind],
      sql`${raw} is not null and ${typed} is null`,
    );
  }
  if (column.happened) {
    const day =
      type.kind === 'timestamp' ? sql`local_date(${typed}, ${quoteText(context.timeZone)})` : typed;
    add('date_in_future', sql`${day} > cast(${quoteText(context.receivedOn)} as date)`);
  }
  if (column.maxLength !== undefined) {
    add(column.codes.pattern ?? 'pattern_mismatch', sql`length(${typed}) > ${column.maxLength}`);
  }
  if (column.pattern !== undefined) {
    add(
      column.codes.pattern ?? 'pattern_mismatch',
      sql`not regexp_full_match(cast(${typed} as varchar), ${quoteText(column.pattern)})`,
    );
  }
  const bounds = [
    ...(column.minimum === undefined ? [] : [sql`${typed} < ${column.minimum}`]),
    ...(column.maximum === undefined ? [] : [sql`${typed} > ${column.maximum}`]),
  ];
  if (bounds.length > 0) add(column.codes.range ?? 'out_of_range', joinSql(bounds, ' or '));
  return found;
};

/** A cell that is no number was told as such: its rule does not call it missing, too. */
const ruleCondition = (rule: RowRule, context: ReadingContext): Sql => {
  const when = sql`(${trustedSql(rule.refuseWhen)})`;
  if (rule.column === null || !context.positions.has(rule.column)) return when;
  const isUnread = sql`(${rawName(rule.column)} is not null and ${quoteName(rule.column)} is null)`;
  return sql`(not ${isUnread} and ${when})`;
};

/** Every reason for which a row of this file may be refused; only columns that the file has take part. */
export const refusalConditions = (
  contract: Contract,
  context: ReadingContext,
): readonly RefusalCondition[] => [
  ...contract.columns
    .filter((column) => context.positions.has(column.name))
    .flatMap((column) => columnConditions(contract, column, context)),
  ...contract.rules.map((rule) => ({
    code: rule.code,
    column: rule.column,
    when: ruleCondition(rule, context),
  })),
  ...driftConditions(context.drift),
];

/** The constants that rules may name: `policy_<key>` and `has_<column>`, as far as they are named. */
export const ruleConstants = (contract: Contract, context: ReadingContext): readonly Sql[] => {
  const text = contract.rules.map((rule) => rule.refuseWhen).join(' ');
  const literal = (value: string | number | boolean): Sql =>
    typeof value === 'string' ? quoteText(value) : sql`${value}`;
  const policies = [...context.policies]
    .map(([key, value]) => ({ name: `policy_${key.replaceAll('.', '_')}`, value: literal(value) }))
    .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
  const presence = contract.columns
    .map((column) => ({
      name: `has_${column.name}`,
      value: sql`${context.positions.has(column.name)}`,
    }))
    .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
  return [...policies, ...presence].map(({ name, value }) => sql`${value} as ${quoteName(name)}`);
};
