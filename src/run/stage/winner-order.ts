import { joinSql, quoteName, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';

/** The key columns of a feed, comma-separated; with `alias` before each. */
export const keyList = (contract: Contract, alias?: string): Sql =>
  joinSql(
    contract.key.map((column) =>
      alias === undefined ? quoteName(column) : sql`${quoteName(alias)}.${quoteName(column)}`,
    ),
  );

/**
 * The order in which rows of one key compete, the winner first: the newest version of a path before
 * its older ones, then updated_at or created_at, batch date, path, row. Never the time of arrival.
 */
export const winnerOrder = (contract: Contract): Sql =>
  joinSql([
    sql`_is_current_of_path desc`,
    ...(contract.newestBy === undefined
      ? []
      : [sql`${quoteName(contract.newestBy)} desc nulls last`]),
    sql`_batch_date desc nulls last`,
    sql`_source_file desc`,
    sql`_source_row desc`,
  ]);

/** `rows` with `_is_current_of_path`: no newer version of the same path has a row of this key. */
export const withPathVersions = (contract: Contract, rows: Sql): Sql =>
  sql`select *, _receipt = max(_receipt) over (partition by ${keyList(contract)}, _source_file) as _is_current_of_path from (${rows})`;
