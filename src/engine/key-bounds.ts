import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../base/index.ts';
import type { Engine } from './engine.ts';

/** Up to so many values are listed; more are told by their smallest and largest. */
const fewValues = 64;

const orderedTypes =
  /^(VARCHAR|DATE|TIMESTAMP|TINYINT|SMALLINT|INTEGER|BIGINT|DECIMAL\(\d+,\d+\))$/;

/**
 * What a relation of groups says of its columns, as a condition on relation `of`: row groups of stored
 * parts that hold none of them are then not read. It holds for every row whose group stands there, so
 * it narrows what is read and never what is found. A column with a null says nothing.
 */
export const keyBounds = async (
  engine: Engine,
  groups: Sql,
  { columns, of }: { readonly columns: readonly string[]; readonly of: Sql },
): Promise<Sql> => {
  const types = new Map(
    (await engine.describe(sql`select * from ${groups}`)).map(({ name, type }) => [name, type]),
  );
  const conditions: Sql[] = [];
  for (const column of columns) {
    const type = types.get(column) ?? '';
    if (!orderedTypes.test(type)) continue;
    const name = quoteName(column);
    const [facts] = await engine.rows(sql`select count(*) - count(${name}) as nulls, count(*) as n,
        cast(min(${name}) as varchar) as least, cast(max(${name}) as varchar) as most from ${groups}`);
    if (Number(facts?.n ?? 0) === 0) return sql`false`;
    if (Number(facts?.nulls) > 0) continue;
    const value = (text: unknown): Sql =>
      sql`cast(${quoteText(String(text))} as ${trustedSql(type)})`;
    conditions.push(sql`${of}.${name} between ${value(facts?.least)} and ${value(facts?.most)}`);
    const listed = await engine.rows(
      sql`select distinct cast(${name} as varchar) as value from ${groups} limit ${fewValues + 1}`,
    );
    if (listed.length > fewValues) continue;
    const values = joinSql(listed.map((row) => value(row.value)));
    conditions.push(sql`${of}.${name} in (${values})`);
  }
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
};
