import { join } from 'node:path';
import { joinSql, quoteName, quotePath, quoteText, type Sql, sql } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Part, PartsRelation } from './manifest.ts';
import { entryQuery } from './relation-query.ts';

/** Smallest and largest wanted value in a row group; undefined where its footer does not say. */
type Range = { readonly least: string; readonly most: string } | undefined;

/** With more ranges than that the parts that hold any are read whole. */
const manyRanges = 64;

/** For each file the ranges of its row groups that may hold a wanted value. */
const findRanges = async (
  engine: Engine,
  paths: readonly string[],
  { column, keys }: NarrowOptions,
): Promise<ReadonlyMap<string, readonly Range[]>> => {
  const name = quoteName(column);
  const rows = await engine.rows(sql`
    with wanted as (select distinct ${name} as value from ${keys}),
    row_groups as (
      select file_name, row_group_id, stats_min_value as least, stats_max_value as most
      from parquet_metadata([${joinSql(paths.map(quotePath))}]) where path_in_schema = ${quoteText(column)})
    select file_name, min(value) as least, max(value) as most
      from row_groups inner join wanted on value between least and most group by file_name, row_group_id
    union all
    select file_name, null, null from row_groups where least is null or most is null`);
  const found = new Map<string, Range[]>();
  for (const row of rows) {
    const path = String(row.file_name);
    const range =
      row.least === null ? undefined : { least: String(row.least), most: String(row.most) };
    found.set(path, [...(found.get(path) ?? []), range]);
  }
  return found;
};

/** As the engine compares text. */
const isBefore = (a: string, b: string): boolean =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** Ranges of one file without overlap: a row must be found by one of them only. */
const mergeRanges = (ranges: readonly Range[]): readonly Range[] => {
  const merged: { least: string; most: string }[] = [];
  const known = ranges.filter((range) => range !== undefined);
  if (known.length < ranges.length) return [undefined];
  for (const { least, most } of known.toSorted((a, b) => (isBefore(a.least, b.least) ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || isBefore(last.most, least)) merged.push({ least, most });
    else if (isBefore(last.most, most)) last.most = most;
  }
  return merged;
};

export type NarrowOptions = {
  /** A VARCHAR column of the relation that is stored as it is read. */
  readonly column: string;
  /** A relation with that column. */
  readonly keys: Sql;
};

/**
 * A select of those rows of a stored relation whose `column` may be among the values of `keys` (and of
 * others): what no row group can hold is not looked for, row groups that hold nothing of them are not
 * read. The engine does not do this itself for many values in a list or in several ranges (1.5.6).
 */
export const narrowQuery = async (
  engine: Engine,
  { lakeFolder, entry }: { readonly lakeFolder: string; readonly entry: PartsRelation },
  options: NarrowOptions,
): Promise<Sql> => {
  const name = quoteName(options.column);
  const [nulls] = await engine.rows(
    sql`select count(*) as n from ${options.keys} where ${name} is null`,
  );
  // A null may be looked for, too, and no row group tells where it has some.
  if (entry.parts.length === 0 || Number(nulls?.n) > 0) return entryQuery(lakeFolder, entry);
  const pathOf = (part: Part): string => join(lakeFolder, part.path);
  const found = await findRanges(engine, entry.parts.map(pathOf), options);
  const parts = entry.parts.filter((part) => found.has(pathOf(part)));
  const pieces = parts.map((part) => ({
    part,
    ranges: mergeRanges(found.get(pathOf(part)) ?? []),
  }));
  const count = pieces.reduce((sum, { ranges }) => sum + ranges.length, 0);
  if (count === 0 || count > manyRanges) return entryQuery(lakeFolder, { ...entry, parts });
  const selects = pieces.flatMap(({ part, ranges }) => {
    const rows = entryQuery(lakeFolder, { ...entry, parts: [part] });
    return ranges.map((range) =>
      range === undefined
        ? rows
        : sql`select * from (${rows}) where ${name} between ${quoteText(range.least)} and ${quoteText(range.most)}`,
    );
  });
  return joinSql(selects, ' union all ');
};
