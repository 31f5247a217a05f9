import { join } from 'node:path';
import { joinSql, quoteName, quoteText, type Sql, sql } from '../base/index.ts';
import { keyBounds } from '../engine/index.ts';
import { castQuery } from './cast-query.ts';
import { countUp, type DraftContext } from './draft-context.ts';
import type { Part, PartsRelation } from './manifest.ts';
import { partsScan, readColumns } from './relation-query.ts';
import { rewriteParts, verifyPart } from './rewrite-part.ts';

type Relation = { readonly name: string; readonly entry: PartsRelation };

/** How key columns are compared: `=` lets the engine skip row groups, but a null meets only a null. */
const joinCondition = async (
  context: DraftContext,
  keys: Sql,
  names: readonly string[],
): Promise<Sql> => {
  const counts = names.map((n) => sql`count(*) - count(${quoteName(n)}) as ${quoteName(n)}`);
  const [nulls] = await context.engine.rows(sql`select ${joinSql(counts)} from ${keys}`);
  const conditions = names.map((name) => {
    const operator = Number(nulls?.[name]) === 0 ? sql`=` : sql`is not distinct from`;
    return sql`lake_keys.${quoteName(name)} ${operator} lake_rows.${quoteName(name)}`;
  });
  return joinSql(conditions, ' and ');
};

/** Finds the rows with touched keys and writes the parts that hold them anew. */
const removeFound = async (
  context: DraftContext,
  { name, entry }: Relation,
  tables: { readonly keys: Sql; readonly dead: Sql; readonly columns: readonly string[] },
): Promise<readonly Part[]> => {
  const { engine, lakeFolder } = context;
  const keyColumns = entry.columns.filter((column) => tables.columns.includes(column.name));
  const scan = partsScan(lakeFolder, entry, entry.parts);
  const rows = sql`select ${readColumns(keyColumns, entry.materialise)}, filename as lake_part, file_row_number as lake_position from ${scan}`;
  const condition = await joinCondition(context, tables.keys, tables.columns);
  const bounds = await keyBounds(engine, tables.keys, {
    columns: tables.columns,
    of: sql`lake_rows`,
  });
  await engine.execute(
    sql`create temp table ${tables.dead} as select lake_part, lake_position from (${rows}) as lake_rows where ${bounds} and exists (select 1 from ${tables.keys} as lake_keys where ${condition})`,
  );
  const counted = await engine.rows(
    sql`select lake_part, count(*) as count from ${tables.dead} group by lake_part`,
  );
  const dead = new Map(counted.map((row) => [String(row.lake_part), Number(row.count)]));
  const parts: Part[] = [];
  for (const part of entry.parts) {
    const path = join(lakeFolder, part.path);
    const count = dead.get(path) ?? 0;
    if (count === 0) {
      parts.push(part);
      continue;
    }
    const positions = sql`select lake_position from ${tables.dead} where lake_part = ${quoteText(path)}`;
    const without = { positions, count };
    parts.push(...(await rewriteParts(context, { name, entry, parts: [part], without })));
  }
  return parts;
};

/**
 * The parts of a relation without the rows whose key columns are among those of `keys` (a query; its
 * column names say which, a null matches a null). Parts that hold no such row stay as they are.
 */
export const removeRows = async (
  context: DraftContext,
  { name, entry }: Relation,
  keys: Sql,
): Promise<readonly Part[]> => {
  if (entry.parts.length === 0) return [];
  const { engine } = context;
  const found = (await engine.describe(keys)).map((column) => column.name);
  const columns = entry.columns.filter((column) => found.includes(column.name));
  const cast = await castQuery(engine, { name, columns }, keys);
  const number = countUp(context, 'next');
  const tables = {
    keys: quoteName(`_lake_keys_${number}`),
    dead: quoteName(`_lake_dead_${number}`),
    columns: columns.map((column) => column.name),
  };
  try {
    await engine.execute(
      sql`create temp table ${tables.keys} as select distinct * from (${cast.query})`,
    );
    return await removeFound(context, { name, entry }, tables);
  } catch (error) {
    // The engine stumbles over some altered bytes before their part is verified: name the part then.
    for (const part of entry.parts) await verifyPart(context, part);
    throw error;
  } finally {
    // Best effort: after an error the engine is closed by its owner, and the tables with it.
    for (const table of [tables.keys, tables.dead])
      await engine.execute(sql`drop table if exists ${table}`).catch(() => undefined);
  }
};
