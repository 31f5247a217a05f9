import { joinSql, quoteName, quoteRelation, quoteText, sql, trustedSql } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import type { InputColumn } from './feed-relations.ts';

const scratch = quoteName('schoolhouse_scratch');

/**
 * Runs `work` with an empty database in front of the engine's own, so that `silver.x` means a relation
 * made by `work`; afterwards the engine is as it was. One at a time per engine.
 */
export const withScratch = async <T>(engine: Engine, work: () => Promise<T>): Promise<T> => {
  const [before] = await engine.rows(trustedSql("select current_setting('search_path') as path"));
  await engine.execute(sql`attach ':memory:' as ${scratch}`);
  try {
    await engine.execute(sql`use ${scratch}`);
    return await work();
  } finally {
    await engine.execute(sql`set search_path = ${quoteText(String(before?.path ?? ''))}`);
    await engine.execute(sql`detach ${scratch}`);
  }
};

/** Creates an empty relation (and its schema) with these columns. */
export const createRelation = async (
  engine: Engine,
  relation: string,
  columns: readonly Pick<InputColumn, 'name' | 'type'>[],
): Promise<void> => {
  const schema = relation.slice(0, relation.indexOf('.'));
  await engine.execute(sql`create schema if not exists ${quoteName(schema)}`);
  const list = joinSql(columns.map((c) => sql`${quoteName(c.name)} ${trustedSql(c.type)}`));
  await engine.execute(sql`create table ${quoteRelation(relation)} (${list})`);
};
