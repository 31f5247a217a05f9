import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../base/index.ts';
import type { Engine } from './engine.ts';

/** Up to so many values are listed; more are told by their smallest and largest. */
const fewValues = 64;

/** Types by which stored rows may lie in order: flags, small numbers and decimals narrow nothing. */
const orderedTypes = new Set(['VARCHAR', 'DATE', 'TIMESTAMP', 'INTEGER', 'BIGINT']);

/** The values of each of these columns, as text. */
const readValues = async (
  engine: Engine,
  groups: Sql,
  columns: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  if (columns.length === 0) return new Map();
  const lists = columns.map(
    (name, index) =>
      sql`list(distinct cast(${quoteName(name)} as varchar)) as ${quoteName(`values${index}`)}`,
  );
  const [row] = await engine.rows(sql`select ${joinSql(lists)} from ${groups}`);
  return new Map(
    columns.map((name, index) => {
      const values = row?.[`values${index}`];
      return [name, Array.isArray(values) ? values.map(String) : []];
    }),
  );
};

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
  const facts = columns.flatMap((name, index) => [
    sql`count(${quoteName(name)}) as ${quoteName(`known${index}`)}`,
    sql`min(typeof(${quoteName(name)})) as ${quoteName(`type${index}`)}`,
    sql`approx_count_distinct(${quoteName(name)}) as ${quoteName(`values${index}`)}`,
    sql`cast(min(${quoteName(name)}) as varchar) as ${quoteName(`least${index}`)}`,
    sql`cast(max(${quoteName(name)}) as varchar) as ${quoteName(`most${index}`)}`,
  ]);
  const [row] = await engine.rows(
    sql`select ${joinSql([sql`count(*) as n`, ...facts])} from ${groups}`,
  );
  if (row === undefined || Number(row.n) === 0) return sql`false`;
  const found = columns
    .map((name, index) => ({ name, index, type: String(row[`type${index}`]) }))
    .filter(
      ({ index, type }) => orderedTypes.has(type) && Number(row[`known${index}`]) === Number(row.n),
    );
  const few = found.filter(({ index }) => Number(row[`values${index}`]) <= 2 * fewValues);
  const listed = await readValues(
    engine,
    groups,
    few.map(({ name }) => name),
  );
  const conditions: Sql[] = [];
  for (const { name, index, type } of found) {
    const column = sql`${of}.${quoteName(name)}`;
    const value = (text: unknown): Sql =>
      sql`cast(${quoteText(String(text))} as ${trustedSql(type)})`;
    conditions.push(
      sql`${column} between ${value(row[`least${index}`])} and ${value(row[`most${index}`])}`,
    );
    const values = listed.get(name) ?? [];
    if (values.length > 0 && values.length <= fewValues)
      conditions.push(sql`${column} in (${joinSql(values.map(value))})`);
  }
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
};
