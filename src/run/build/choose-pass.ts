import { join } from 'node:path';
import { quoteText, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Draft } from '../../lake/index.ts';
import { bronzeParts } from '../load/bronze-relation.ts';

/** Below so many rows either way takes a moment. */
const manyRows = 1_000_000;

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
  }: {
    readonly draft: Draft;
    readonly contract: Contract;
    readonly lakeFolder: string;
  },
): Promise<'once' | 'month by month'> => {
  const column = contract.columns.find((one) => one.happened && one.type.kind === 'date')?.name;
  const entry = draft.relation(bronzeParts(contract.feed));
  if (column === undefined || entry?.kind !== 'parts') return 'once';
  if (entry.parts.reduce((sum, part) => sum + part.rows, 0) < manyRows) return 'once';
  const paths = entry.parts.map((part) => quoteText(join(lakeFolder, part.path))).join(', ') as Sql;
  const [row] = await engine.rows(sql`select count(*) as groups,
      sum((year(last) - year(first)) * 12 + month(last) - month(first) + 1) as looks
    from (select try_cast(stats_min_value as date) as first, try_cast(stats_max_value as date) as last
      from parquet_metadata([${paths}]) where path_in_schema = ${quoteText(column)})`);
  const groups = Number(row?.groups ?? 0);
  const looks = Number(row?.looks ?? Number.POSITIVE_INFINITY);
  return groups > 0 && looks <= groups * 2 ? 'month by month' : 'once';
};
