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
  const described = await engine.describe(sql`select * from ${groups}`);
  const found = described.filter(
    ({ name, type }) => columns.includes(name) && orderedTypes.test(type),
  );
  const facts = found.flatMap(({ name }, index) => [
    sql`count(${quoteName(name)}) as ${quoteName(`known${index}`)}`,
    sql`approx_count_distinct(${quoteName(name)}) as ${quoteName(`values${index}`)}`,
    sql`cast(min(${quoteName(name)}) as varchar) as ${quoteName(`least${index}`)}`,
    sql`cast(max(${quoteName(name)}) as varchar) as ${quoteName(`most${index}`)}`,
  ]);
  const [row] = await engine.rows(
    sql`select ${joinSql([sql`count(*) as n`, ...facts])} from ${groups}`,
  );
  if (row === undefined || Number(row.n) === 0) return sql`false`;
  const conditions: Sql[] = [];
  for (const [index, { name, type }] of found.entries()) {
    if (Number(row[`known${index}`]) < Number(row.n)) continue;
    const column = sql`${of}.${quoteName(name)}`;
    const value = (text: unknown): Sql =>
      sql`cast(${quoteText(String(text))} as ${trustedSql(type)})`;
    conditions.push(
      sql`${column} between ${value(row[`least${index}`])} and ${value(row[`most${index}`])}`,
    );
    if (Number(row[`values${index}`]) > 2 * fewValues) continue;
    const listed = await engine.rows(
      sql`select distinct cast(${quoteName(name)} as varchar) as value from ${groups} limit ${fewValues + 1}`,
    );
    if (listed.length > fewValues) continue;
    conditions.push(sql`${column} in (${joinSql(listed.map((one) => value(one.value)))})`);
  }
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
};
