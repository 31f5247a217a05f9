import { type Sql, sql } from '../base/index.ts';
import type { Engine } from './engine.ts';

/** Makes a table of a query, in place of one of that name, and tells its rows. */
export const createTable = async (engine: Engine, name: Sql, query: Sql): Promise<number> => {
  const [row] = await engine.rows(sql`create or replace table ${name} as ${query}`);
  return Number(row?.Count ?? 0);
};
