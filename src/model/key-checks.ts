import { joinSql, type Place, quoteName, quoteRelation, sql } from '../base/index.ts';
import type { Check } from './model.ts';

/** The two checks that every key has unasked: no part of it is null, and no two rows share it. */
export const keyChecks = (
  relation: string,
  key: readonly string[],
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
      why: `Two rows of ${relation} with one key (${key.join(', ')}) would count twice.`,
      fix: 'Find the join or the source that gives the key twice.',
      sql: sql`select ${columns}, count(*) as row_count from ${from} group by ${columns} having count(*) > 1`,
      trips: { [relation]: [{}, {}] },
    },
  ];
};
