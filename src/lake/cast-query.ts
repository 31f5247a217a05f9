import {
  joinSql,
  pipelineError,
  quoteName,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { lakeErrors } from './errors.ts';
import type { LakeColumn } from './manifest.ts';

/** Names that a stored column may not have: the engine or a draft gives them a meaning. */
export const partitionColumn = '_lake_partition';
const reserved: ReadonlySet<string> = new Set(['filename', 'file_row_number', partitionColumn]);

/** Parquet has no 128-bit integers: the engine would store them as DOUBLE without a word. */
const isHuge = (type: string): boolean => /\bU?HUGEINT\b/.test(type);
const isFloating = (type: string): boolean => type === 'DOUBLE' || type === 'FLOAT';

type Names = readonly string[];
type Relation = { readonly name: string; readonly columns: readonly LakeColumn[] };

const refuse = (relation: Relation, problems: readonly string[]): void => {
  if (problems.length === 0) return;
  const facts = { relation: relation.name, problems: problems.join('; ') };
  throw pipelineError(lakeErrors, 'lake.columns', facts);
};

const declaredProblems = (declared: Names): readonly string[] => {
  const twice = declared.filter((name, index) => declared.indexOf(name) !== index);
  return [
    ...(declared.length === 0 ? ['it has none'] : []),
    ...twice.map((name) => `${name} is declared twice`),
    ...declared.filter((name) => reserved.has(name)).map((name) => `the name ${name} is reserved`),
  ];
};

const nameProblems = (declared: Names, found: Names): readonly string[] => {
  const missing = declared.filter((name) => !found.includes(name));
  const extra = found.filter((name) => !declared.includes(name));
  return [
    ...missing.map((name) => `${name} is missing`),
    ...extra.map((name) => `${name} is not declared`),
  ];
};

/** The declared columns with types as the engine writes them. Throws `lake.columns` with every problem. */
export const storedColumns = async (
  engine: Engine,
  relation: Relation,
): Promise<readonly LakeColumn[]> => {
  refuse(relation, declaredProblems(relation.columns.map((column) => column.name)));
  // `decimal(5,2)` becomes `DECIMAL(5,2)`.
  const types = await engine.typeNames(relation.columns.map((column) => column.type));
  const columns = relation.columns.map((column, i) => ({
    ...column,
    type: types[i] ?? column.type,
  }));
  const huge = columns.filter(({ type }) => isHuge(type));
  refuse(
    relation,
    huge.map(({ name, type }) => `${name} is declared ${type}, which Parquet cannot hold`),
  );
  return columns;
};

export type CastQuery = {
  /** The query with every column cast to its declared type, in the declared order. */
  readonly query: Sql;
  /** The declared columns with types as the engine writes them. */
  readonly columns: readonly LakeColumn[];
};

/**
 * Binds a query against declared columns without running it. Throws `lake.columns` with every problem:
 * other names, HUGEINT, a floating number where an exact one is declared. A query that is known to be
 * typed is not bound twice: the footer of what it writes tells whether it was.
 */
export const castQuery = async (
  engine: Engine,
  relation: Relation,
  query: Sql,
  isTyped = false,
): Promise<CastQuery> => {
  const columns = await storedColumns(engine, relation);
  const names = columns.map((column) => column.name);
  if (isTyped)
    return { query: sql`select ${joinSql(names.map(quoteName))} from (${query})`, columns };
  const found = await engine.describe(query);
  refuse(
    relation,
    nameProblems(
      names,
      found.map((column) => column.name),
    ),
  );
  const foundType = new Map(found.map((column) => [column.name, column.type]));
  refuse(
    relation,
    columns.flatMap(({ name, type }) => {
      const from = foundType.get(name) ?? '';
      if (isHuge(from)) return [`${name} is ${from}: cast it to ${type}`];
      return isFloating(from) && !isFloating(type)
        ? [`${name} is ${from} where ${type} is declared: cast or round it`]
        : [];
    }),
  );
  const casts = columns.map((column) => {
    const name = quoteName(column.name);
    return foundType.get(column.name) === column.type
      ? name
      : sql`cast(${name} as ${trustedSql(column.type)}) as ${name}`;
  });
  return { query: sql`select ${joinSql(casts)} from (${query})`, columns };
};

/** `order by` the sort columns, nulls last, or nothing. */
export const orderClause = (sortBy: readonly string[]): Sql =>
  sortBy.length === 0
    ? trustedSql('')
    : sql` order by ${joinSql(sortBy.map((name) => sql`${quoteName(name)} nulls last`))}`;

/** The month of a DATE column as yyyymm; −1 for null and for what is no year of four digits. */
export const monthNumber = (column: string): Sql => {
  const year = sql`year(${quoteName(column)})`;
  return sql`case when ${year} between 0 and 9999 then ${year} * 100 + month(${quoteName(column)}) else -1 end`;
};

/** `2025-09` from 202509, `none` from −1. */
export const partitionOfMonth = (month: number): string => {
  if (month < 0) return 'none';
  const digits = String(month).padStart(6, '0');
  return `${digits.slice(0, 4)}-${digits.slice(4)}`;
};

/** Rows of one month of a DATE column, written so that the engine can skip row groups by it. */
export const monthFilter = (column: string, month: number): Sql => {
  const name = quoteName(column);
  if (month < 0) return sql`(${name} is null or year(${name}) not between 0 and 9999)`;
  const first = quoteText(`${partitionOfMonth(month)}-01`);
  return sql`${name} >= cast(${first} as date) and ${name} < cast(${first} as date) + interval 1 month`;
};
