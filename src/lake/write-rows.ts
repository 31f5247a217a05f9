import { join } from 'node:path';
import { joinSql, quoteName, quotePath, type Sql, sql } from '../base/index.ts';
import {
  type CastQuery,
  castQuery,
  monthFilter,
  monthNumber,
  orderClause,
  partitionColumn,
  partitionOfMonth,
} from './cast-query.ts';
import { type CopiedFile, copyByMonth, copyToFile, type MonthFile } from './copy-file.ts';
import { countUp, type DraftContext, type RelationDefinition } from './draft-context.ts';
import { guardDisk } from './guard-disk.ts';
import { type DraftedFile, keepParts } from './keep-part.ts';
import { draftsFolder } from './layout.ts';
import type { LakeColumn, Part } from './manifest.ts';

export type WriteOptions = {
  /** Puts all rows into one part of this partition, in the order of the query (`sortBy` is not applied). */
  readonly partition?: string | undefined;
  /** How rows come into month partitions; `once` is the default. */
  readonly pass?: 'once' | MonthPass | undefined;
  /** The query gives the declared columns in their declared types: it is not bound before it runs. */
  readonly isTyped?: boolean | undefined;
};

/**
 * `once`: the query runs once, into files by month, which are then sorted one by one. With a month pass
 * it runs once a month, filtered by the date: faster for a plain scan or a join with small relations
 * over rows that lie roughly by date, slower for all else. Rows outside its months are found and written too.
 */
export type MonthPass = {
  /** Months as yyyymm, ascending. */
  readonly months: readonly number[];
  /** True when the query gives its rows in the order of `sortBy` inside a month. */
  readonly isSorted: boolean;
};

/** The pass for rows that a table in memory holds: its months are found and written one by one. */
export const heldRows: MonthPass = { months: [], isSorted: false };

/** Runs `act` with a fresh folder for drafts, which is removed with all that is left in it. */
export const withDraftFolder = async <T>(
  context: DraftContext,
  act: (folder: string) => Promise<T>,
): Promise<T> => {
  const { effects, lakeFolder, run } = context;
  const folder = join(lakeFolder, draftsFolder, String(run), String(countUp(context, 'next')));
  return guardDisk({ act: 'write', path: folder }, effects, async () => {
    await effects.fs.makeFolder(folder);
    try {
      return await act(folder);
    } finally {
      await effects.fs.removeTree(folder);
    }
  });
};

type Job = {
  readonly context: DraftContext;
  readonly definition: RelationDefinition;
  readonly cast: CastQuery;
  readonly folder: string;
};

/** Months in which a query has rows and which are not among `months`; −1 first. */
const otherMonths = async (
  { context, cast }: Job,
  column: string,
  months: readonly number[],
): Promise<readonly number[]> => {
  const inside = months.map((month) => sql`(${monthFilter(column, month)})`);
  const outside =
    inside.length === 0
      ? sql`true`
      : sql`(${quoteName(column)} is null or not (${joinSql(inside, ' or ')}))`;
  const rows = await context.engine.rows(
    sql`select distinct ${monthNumber(column)} as month from (${cast.query}) where ${outside} order by month`,
  );
  return rows.map((row) => Number(row.month));
};

/** One sorted file a month, the query filtered for each. */
const draftMonthByMonth = async (
  job: Job,
  column: string,
  pass: MonthPass,
): Promise<readonly DraftedFile[]> => {
  const { context, definition, cast, folder } = job;
  const order = orderClause(pass.isSorted ? [] : definition.sortBy);
  const drafted: DraftedFile[] = [];
  const others = await otherMonths(job, column, pass.months);
  for (const month of [...others, ...pass.months].sort((a, b) => a - b)) {
    const query = sql`select * from (${cast.query}) where ${monthFilter(column, month)}${order}`;
    const path = join(folder, `${month}.parquet`);
    const file = await copyToFile(context.engine, query, { path, keyColumn: definition.key[0] });
    drafted.push({ file, partition: partitionOfMonth(month) });
  }
  return drafted;
};

/** Sorts the files of one month into one, and removes them to give their room back. */
const sortMonth = async (
  { context, definition, folder, cast }: Job,
  month: number,
  files: readonly MonthFile[],
): Promise<CopiedFile> => {
  const paths = joinSql(files.map((file) => quotePath(file.path)));
  const names = joinSql(cast.columns.map((column) => quoteName(column.name)));
  const scan = sql`read_parquet([${paths}], hive_partitioning = false)`;
  const query = sql`select ${names} from ${scan}${orderClause(definition.sortBy)}`;
  const path = join(folder, `${month}.parquet`);
  const sorted = await copyToFile(context.engine, query, { path, keyColumn: definition.key[0] });
  for (const file of files) await context.effects.fs.unlink(file.path);
  return sorted;
};

/** The query once, into files by month; then each month sorted, so that memory holds one month at most. */
const draftOnce = async (job: Job, column: string): Promise<readonly DraftedFile[]> => {
  const { context, definition, cast, folder } = job;
  const isLast = definition.sortBy.length === 0;
  const marked = sql`select *, ${monthNumber(column)} as ${quoteName(partitionColumn)} from (${cast.query})`;
  const options = { folder: join(folder, 'months'), keyColumn: definition.key[0], isLast };
  const files = await copyByMonth(context.engine, marked, options);
  const months = [...new Set(files.map((file) => file.month))].sort((a, b) => a - b);
  const drafted: DraftedFile[] = [];
  for (const month of months) {
    const own = files.filter((file) => file.month === month);
    const partition = partitionOfMonth(month);
    if (isLast) drafted.push(...own.map((file) => ({ file, partition })));
    else drafted.push({ file: await sortMonth(job, month, own), partition });
  }
  return drafted;
};

const draftRows = async (job: Job, options: WriteOptions): Promise<readonly DraftedFile[]> => {
  const { context, definition, cast, folder } = job;
  const { partitionBy, sortBy, key } = definition;
  if (partitionBy !== null && options.partition === undefined) {
    const { pass } = options;
    return pass === undefined || pass === 'once'
      ? draftOnce(job, partitionBy)
      : draftMonthByMonth(job, partitionBy, pass);
  }
  const order = orderClause(options.partition === undefined ? sortBy : []);
  const target = { path: join(folder, 'all.parquet'), keyColumn: key[0] };
  const file = await copyToFile(context.engine, sql`${cast.query}${order}`, target);
  return [{ file, partition: options.partition ?? 'none' }];
};

export type WrittenRows = {
  readonly columns: readonly LakeColumn[];
  readonly parts: readonly Part[];
};

/**
 * Writes the rows of a query as new parts of a relation, cast to its declared columns and sorted inside
 * a partition. Returns the parts, and the columns with types as the engine names them.
 */
export const writeRows = async (
  context: DraftContext,
  definition: RelationDefinition,
  query: Sql,
  options: WriteOptions,
): Promise<WrittenRows> => {
  const cast = await castQuery(context.engine, definition, query, options.isTyped);
  const parts = await withDraftFolder(context, async (folder) => {
    const drafted = await draftRows({ context, definition, cast, folder }, options);
    return keepParts(context, { name: definition.name, columns: cast.columns }, drafted);
  });
  return { columns: cast.columns, parts };
};
