import { joinSql, quoteName, type Sql, sql } from '../../base/index.ts';
import type { Draft, RelationDefinition } from '../../lake/index.ts';
import { type LedgerRelation, ledgerRelations } from './ledger-relations.ts';
import { type LedgerRow, rowsQuery } from './rows-query.ts';

/** How a ledger relation is stored: one partition, for operators' eyes only. */
export const ledgerDefinition = (relation: LedgerRelation): RelationDefinition => ({
  name: relation.relation,
  columns: relation.columns.map(({ name, type }) => ({
    name,
    type,
    privacy: name === 'raw_record' ? 'sensitive' : 'internal',
  })),
  key: relation.key,
  partitionBy: null,
  sortBy: [],
  policy: 'ops',
  builtFrom: 'ledger',
});

/** The names of all ledger relations. */
export const ledgerNames: readonly string[] = Object.values(ledgerRelations).map((r) => r.relation);

/** A moment as ledger rows hold it, in UTC: `2025-09-01 06:30:00.000`. */
export const timestamp = (moment: Date): string =>
  moment.toISOString().replace('T', ' ').replace('Z', '');

/** Adds rows to a ledger relation. */
export const appendLedger = async (
  draft: Draft,
  relation: LedgerRelation,
  rows: readonly LedgerRow[],
): Promise<void> => {
  if (rows.length === 0 && draft.relation(relation.relation) !== undefined) return;
  await draft.append(ledgerDefinition(relation), rowsQuery(relation, rows), {
    isTyped: true,
  });
};

/** Puts rows in place of those with their keys. The relation is small and written whole. */
export const replaceLedger = async (
  draft: Draft,
  relation: LedgerRelation,
  rows: readonly LedgerRow[],
): Promise<void> => {
  const known = draft.relation(relation.relation) !== undefined;
  if (rows.length === 0 && known) return;
  const added = rowsQuery(relation, rows);
  if (!known) {
    await draft.write(ledgerDefinition(relation), added);
    return;
  }
  const same = joinSql(
    relation.key.map((column) => sql`r.${quoteName(column)} = n.${quoteName(column)}`),
    ' and ',
  );
  await draft.write(
    ledgerDefinition(relation),
    sql`select r.* from (${draft.query(relation.relation)}) as r where not exists (select 1 from (${added}) as n where ${same})
      union all by name select * from (${added})`,
  );
};

/** A ledger relation as a query; no rows when it was never written. */
export const ledgerQuery = (draft: Draft, relation: LedgerRelation): Sql =>
  draft.relation(relation.relation) === undefined
    ? rowsQuery(relation, [])
    : draft.query(relation.relation);
