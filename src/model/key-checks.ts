import { joinSql, type Place, quoteName, quoteRelation, type Sql, sql } from '../base/index.ts';
import type { Check, ModelColumn } from './model.ts';

type KeyedModel = {
  readonly relation: string;
  readonly key: readonly string[];
  readonly columns: readonly Pick<ModelColumn, 'name' | 'type'>[];
};

/**
 * Keys that stand on several rows. Where a day is part of the key, its month is looked at first: the days of a month
 * are bits, and where one comes twice they add up to more than their union. So most rows are grouped by month, a
 * thirtieth of the groups.
 */
const repeatedKeys = (relation: string, key: readonly string[], days: readonly string[]): Sql => {
  const columns = joinSql(key.map(quoteName));
  const from = quoteRelation(relation);
  const grouped = (rows: Sql): Sql =>
    sql`select ${columns}, count(*) as row_count from ${rows} group by ${columns} having count(*) > 1`;
  const [day, second] = days;
  const others = key.filter((column) => column !== day);
  if (day === undefined || second !== undefined || others.length === 0) return grouped(from);
  const members = joinSql(others.map(quoteName));
  const bit = sql`cast(1 as bigint) << cast(extract(day from ${quoteName(day)}) as bigint)`;
  const crowded = sql`select ${members} from ${from}
    group by ${members}, extract(year from ${quoteName(day)}), extract(month from ${quoteName(day)})
    having sum(${bit}) <> bit_or(${bit}) or count(${quoteName(day)}) < count(*)`;
  const same = joinSql(
    others.map((column) => sql`c.${quoteName(column)} is not distinct from r.${quoteName(column)}`),
    ' and ',
  );
  return grouped(
    sql`(select ${columns} from ${from} as r where exists (select 1 from (${crowded}) as c where ${same}))`,
  );
};

/** The two checks that every key has unasked: no part of it is null, and no two rows share it. */
export const keyChecks = (
  { relation, key, columns: own }: KeyedModel,
  place: Place,
): readonly Check[] => {
  if (key.length === 0) return [];
  const name = relation.slice(relation.indexOf('.') + 1);
  const columns = joinSql(key.map(quoteName));
  const from = quoteRelation(relation);
  const isNull = joinSql(
    key.map((column) => sql`${quoteName(column)} is null`),
    ' or ',
  );
  const shared = {
    owner: relation,
    severity: 'error',
    reads: [relation],
    by: key,
    place,
  } as const;
  return [
    {
      ...shared,
      name: `${name}_key_not_null`,
      finds: 'null-key',
      why: `A row of ${relation} without its whole key (${key.join(', ')}) meets nothing.`,
      fix: 'Find the upstream row that lacks it; a contract can require the column.',
      sql: sql`select ${columns} from ${from} where ${isNull}`,
      trips: { [relation]: [{}] },
    },
    {
      ...shared,
      name: `${name}_key_unique`,
      finds: 'repeated-key',
      why: `Two rows of ${relation} with one key (${key.join(', ')}) would count twice.`,
      fix: 'Find the join or the source that gives the key twice.',
      sql: repeatedKeys(
        relation,
        key,
        own.filter(({ name: c, type }) => key.includes(c) && type === 'DATE').map((c) => c.name),
      ),
      trips: { [relation]: [{}, {}] },
    },
  ];
};
