import { joinSql, quoteName, quotePath, quoteText, type Sql, sql } from '../base/index.ts';
import type { Contract } from '../contract/index.ts';
import { addedCells, newCells, newPositions } from './drift-columns.ts';
import type { ScanReport } from './scan.ts';
import {
  bronzeColumnType,
  cellText,
  isBlankText,
  type ReadingContext,
  rawName,
  refusalConditions,
  ruleConstants,
  trimmedText,
  typedExpression,
} from './typed-columns.ts';

/** The file version that a bronze part holds. */
export type FileVersion = {
  readonly fileId: string;
  readonly path: string;
  /** Sequence number of the receipt: a later one is a newer version of the path. */
  readonly receipt: number;
  readonly receivedOn: string;
  /** UTC, ISO. */
  readonly receivedAt: string;
  readonly batchDate: string | null;
  readonly run: number;
};

export type BronzeColumn = {
  readonly name: string;
  readonly type: string;
  readonly privacy: string;
};

const sourceColumns: readonly BronzeColumn[] = [
  { name: '_ingested_at', type: 'TIMESTAMP', privacy: 'internal' },
  { name: '_source_file', type: 'VARCHAR', privacy: 'internal' },
  { name: '_source_row', type: 'BIGINT', privacy: 'internal' },
  { name: '_source_line', type: 'BIGINT', privacy: 'internal' },
  { name: '_line_offset', type: 'INTEGER', privacy: 'internal' },
  { name: '_batch_date', type: 'DATE', privacy: 'internal' },
  { name: '_file_id', type: 'VARCHAR', privacy: 'internal' },
  { name: '_receipt', type: 'BIGINT', privacy: 'internal' },
  { name: '_received_on', type: 'DATE', privacy: 'internal' },
  { name: '_run_id', type: 'BIGINT', privacy: 'internal' },
  { name: '_refused', type: 'BOOLEAN', privacy: 'internal' },
  { name: '_blank', type: 'BOOLEAN', privacy: 'internal' },
];

/** Columns of a feed's bronze parts: the contract's, where each row came from, then those that files `added`. */
export const bronzeColumns = (
  contract: Contract,
  added: readonly string[] = [],
): readonly BronzeColumn[] => [
  ...contract.columns.map((column) => ({
    name: column.name,
    type: bronzeColumnType(column),
    privacy: column.privacy,
  })),
  ...sourceColumns,
  ...added.map((name) => ({ name, type: 'VARCHAR', privacy: 'personal' })),
];

/** A hash over the typed columns of one row, compared only between rows of one key. */
const rowHash = (contract: Contract): Sql =>
  sql`hash(${joinSql(contract.columns.map((column) => quoteName(column.name)))})`;

/**
 * How a part's row and physical line are read: as stored, else from the place of the row in its file.
 * A file that is read as it is, in order, needs neither column; numbering ten million rows costs seconds.
 */
export const bronzePositions: Readonly<Record<'_source_row' | '_source_line', Sql>> = {
  _source_row: sql`coalesce(_source_row, file_row_number + 1)`,
  _source_line: sql`coalesce(_source_line, file_row_number + 1 + _line_offset)`,
};

/** The expression of one column, if it has one; a column may be called `constructor`. */
export const bronzePosition = (name: string): Sql | undefined =>
  name === '_source_row' || name === '_source_line' ? bronzePositions[name] : undefined;

const notShown = new Set(['_refused', '_blank', '_line_offset']);

/** Columns of `bronze.<feed>`: those of its parts that are shown, and the hash of each row. */
export const bronzeViewColumns = (
  contract: Contract,
  added: readonly string[] = [],
): readonly BronzeColumn[] => [
  ...bronzeColumns(contract, added).filter((column) => !notShown.has(column.name)),
  { name: '_row_hash', type: 'UBIGINT', privacy: 'internal' },
];

/** What `bronze.<feed>` shows of its parts: accepted rows, with their hash. */
export const bronzeViewQuery = (
  contract: Contract,
  parts: Sql,
  added: readonly string[] = [],
): Sql => {
  const columns = bronzeColumns(contract, added)
    .filter((column) => !notShown.has(column.name))
    .map((column) => quoteName(column.name));
  return sql`select ${joinSql(columns)}, ${rowHash(contract)} as _row_hash from ${parts} where not _refused and not _blank`;
};

/** One text column per column of the data file, named c0, c1 …, after `_source_row`, `_source_line` of a copy. */
const readText = (report: ScanReport): Sql => {
  const own = report.plain.columns.map((_, index) => quoteName(`c${index}`));
  const names = report.isCopy ? [quoteName('_source_row'), quoteName('_source_line'), ...own] : own;
  const columns = joinSql(names.map((name) => sql`${quoteText(name.slice(1, -1))}: 'VARCHAR'`));
  const { delimiter, newline, skip, padded, multiline } = report.dialect;
  const lineLimit = Math.max(2_097_152, report.longestRecordBytes * 2);
  // An explicit `strict_mode = true` beside new_line CRLF reads no row at all, without an error (DuckDB 1.5.6).
  const strictness = padded ? sql`strict_mode = false,` : sql``;
  return sql`select * from read_csv(${quotePath(report.dataPath)}, auto_detect = false, header = false,
    skip = ${skip}, delim = ${quoteText(delimiter)}, quote = '"', escape = '"', comment = '',
    new_line = ${quoteText(newline === '\n' ? '\\n' : '\\r\\n')}, ${strictness} null_padding = ${padded},
    max_line_size = ${lineLimit}, parallel = ${!multiline}, columns = {${columns}})`;
};

/**
 * The raw stage over a query of text: each known column trimmed and without null tokens as `r_<column>`,
 * and whether the record is blank. `cells` are the text columns by position; `kept` pass through.
 */
export const rawStage = (
  contract: Contract,
  context: ReadingContext,
  {
    from,
    cells,
    kept,
  }: { readonly from: Sql; readonly cells: readonly Sql[]; readonly kept: readonly Sql[] },
): Sql => {
  const used = new Set([...context.positions.values(), ...newPositions(context.drift)]);
  const trimmed = cells.flatMap((cell, index) =>
    used.has(index) ? [sql`${trimmedText(cell)} as ${quoteName(`t${index}`)}`] : [],
  );
  // Of columns that nobody takes only one thing is asked: a file may have thousands of them.
  const others = cells.filter((_, index) => !used.has(index)).map(isBlankText);
  const restIsBlank = sql`(${joinSql([sql`true`, ...others], ' and ')}) as _rest_blank`;
  const raw = contract.columns.flatMap((column) => {
    const position = context.positions.get(column.name);
    return position === undefined
      ? []
      : [
          sql`${cellText(quoteName(`t${position}`), column.nullTokens ?? contract.nullTokens)} as ${rawName(column.name)}`,
        ];
  });
  const isBlank = joinSql(
    [
      sql`_rest_blank`,
      ...[...used].map((index) => sql`coalesce(${quoteName(`t${index}`)}, '') = ''`),
    ],
    ' and ',
  );
  const found = [...raw, ...newCells(context.drift)];
  return sql`select ${joinSql([...kept, ...found, sql`(${isBlank}) as _blank`])}
    from (select ${joinSql([...kept, ...trimmed, restIsBlank])} from (${from}))`;
};

/** The typed stage over the raw one; also what rules may name. */
export const typedStage = (contract: Contract, context: ReadingContext): Sql =>
  joinSql([
    ...contract.columns.map(
      (column) => sql`${typedExpression(column, context)} as ${quoteName(column.name)}`,
    ),
    ...ruleConstants(contract, context),
  ]);

const separator = sql`chr(31)`;

/** 128 bits over values; the same values give the same id on every engine. */
const derivedId = (feed: string, values: readonly Sql[]): Sql =>
  sql`md5(concat_ws(${separator}, ${quoteText(feed)}, ${joinSql(values.map((value) => sql`coalesce(cast(${value} as varchar), '')`))}))`;

/** How the id column of a file that lacks it is made. */
export type IdRule =
  | { readonly kind: 'in-file' }
  | { readonly kind: 'natural-key' }
  | { readonly kind: 'whole-row' };

export const idRule = (contract: Contract, positions: ReadonlyMap<string, number>): IdRule => {
  if (contract.key.every((column) => positions.has(column))) return { kind: 'in-file' };
  return contract.naturalKey?.unique === true ? { kind: 'natural-key' } : { kind: 'whole-row' };
};

const idExpression = (contract: Contract, context: ReadingContext): Sql => {
  const rule = idRule(contract, context.positions);
  const id = quoteName(contract.key[0] ?? '');
  switch (rule.kind) {
    case 'in-file':
      return id;
    case 'natural-key':
      return derivedId(contract.feed, (contract.naturalKey?.columns ?? []).map(quoteName));
    case 'whole-row':
      return derivedId(
        contract.feed,
        contract.columns
          .filter((c) => !contract.key.includes(c.name))
          .map((c) => quoteName(c.name)),
      );
    default:
      return rule satisfies never;
  }
};

/**
 * The query that reads a scanned file into the columns of a bronze part, one row a record in the
 * order of the file. Refused and blank rows stay, marked.
 */
export const bronzeQuery = (
  contract: Contract,
  context: ReadingContext,
  { report, file }: { readonly report: ScanReport; readonly file: FileVersion },
): Sql => {
  const cells = report.plain.columns.map((_, index) => quoteName(`c${index}`));
  const conditions = refusalConditions(contract, context).map(
    ({ when }) => sql`coalesce(${when}, false)`,
  );
  const refused = conditions.length === 0 ? sql`false` : joinSql(conditions, ' or ');
  const own = contract.columns.map((column) =>
    column.name === contract.key[0]
      ? sql`${idExpression(contract, context)} as ${quoteName(column.name)}`
      : quoteName(column.name),
  );
  const columns = [...own, ...addedCells(context.drift)];
  const position = (name: string): Sql =>
    report.isCopy
      ? sql`cast(${quoteName(name)} as bigint) as ${quoteName(name)}`
      : sql`cast(null as bigint) as ${quoteName(name)}`;
  const kept = report.isCopy ? [sql`_source_row`, sql`_source_line`] : [];
  return sql`select ${joinSql(columns)},
      cast(${quoteText(file.receivedAt)} as timestamp) as _ingested_at,
      ${quoteText(file.path)} as _source_file, ${position('_source_row')}, ${position('_source_line')},
      cast(${report.isCopy ? sql`null` : sql`${report.lineOffset}`} as integer) as _line_offset,
      cast(${quoteText(file.batchDate)} as date) as _batch_date,
      ${quoteText(file.fileId)} as _file_id, cast(${file.receipt} as bigint) as _receipt,
      cast(${quoteText(file.receivedOn)} as date) as _received_on, cast(${file.run} as bigint) as _run_id,
      case when _blank then false else ${refused} end as _refused, _blank
    from (select *, ${typedStage(contract, context)}
      from (${rawStage(contract, context, { from: readText(report), cells, kept })}))`;
};

/**
 * Gives repeated rows of a file without ids their own ids: the ordinal among identical rows is
 * hashed in. `part` is the part as first written; the order of the file is kept.
 */
export const numberRepeats = (
  contract: Contract,
  part: Sql,
  added: readonly string[] = [],
): Sql => {
  const id = quoteName(contract.key[0] ?? '');
  const others = bronzeColumns(contract, added)
    .filter((column) => column.name !== contract.key[0])
    .map((column) => quoteName(column.name));
  return sql`select md5(concat_ws(${separator}, ${id}, cast(row_number() over (partition by ${id} order by _source_row) as varchar))) as ${id},
      ${joinSql(others)}
    from ${part} order by _source_row`;
};
