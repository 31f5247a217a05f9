import { join } from 'node:path';
import { quotePath, quoteText, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Draft } from '../../lake/index.ts';
import { bronzeParts } from '../load/bronze-relation.ts';
import type { Sizes } from './sizes.ts';

/** The column that says on which day a row of the feed happened. */
export const happenedDate = (contract: Contract): string | undefined =>
  contract.columns.find((one) => one.happened && one.type.kind === 'date')?.name;

/** More months than that hold too few rows each. */
const manyMonths = 240;

const monthsBetween = (first: string, last: string): readonly number[] => {
  const index = (text: string): number =>
    Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;
  return Array.from({ length: index(last) - index(first) + 1 }, (_, i) => {
    const at = index(first) + i;
    return Math.floor(at / 12) * 100 + (at % 12) + 1;
  });
};

/**
 * How a relation that is partitioned by the date of a feed's rows is best written: month by month when
 * the feed's files lie roughly in date order, as a month then reads few of their row groups.
 */
export const choosePass = async (
  engine: Engine,
  {
    draft,
    contract,
    lakeFolder,
    sizes,
  }: {
    readonly draft: Draft;
    readonly sizes: Sizes;
    readonly contract: Contract;
    readonly lakeFolder: string;
  },
): Promise<'once' | readonly number[]> => {
  const column = happenedDate(contract);
  const entry = draft.relation(bronzeParts(contract.feed));
  if (column === undefined || entry?.kind !== 'parts') return 'once';
  if (entry.parts.reduce((sum, part) => sum + part.rows, 0) <= sizes.many) return 'once';
  const paths = entry.parts.map((part) => quotePath(join(lakeFolder, part.path))).join(', ') as Sql;
  const [row] = await engine.rows(sql`select count(*) as groups,
      cast(min(first) as varchar) as first_day, cast(max(last) as varchar) as last_day,
      sum((year(last) - year(first)) * 12 + month(last) - month(first) + 1) as looks
    from (select try_cast(stats_min_value as date) as first, try_cast(stats_max_value as date) as last
      from parquet_metadata([${paths}]) where path_in_schema = ${quoteText(column)})`);
  if (typeof row?.first_day !== 'string' || typeof row.last_day !== 'string') return 'once';
  const months = monthsBetween(row.first_day, row.last_day);
  return months.length <= manyMonths && Number(row.looks) <= Number(row.groups) * 2
    ? months
    : 'once';
};
