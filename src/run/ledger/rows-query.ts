import { joinSql, quoteName, quoteText, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { LedgerRelation } from './ledger-relations.ts';

type LedgerCell = string | number | boolean | null;
export type LedgerRow = Readonly<Record<string, LedgerCell>>;

const literal = (cell: LedgerCell | undefined): Sql => {
  if (cell === undefined || cell === null) return sql`null`;
  return typeof cell === 'string' ? quoteText(cell) : sql`${cell}`;
};

/** A query that gives these rows with the declared columns and types of a ledger relation. */
export const rowsQuery = (relation: LedgerRelation, rows: readonly LedgerRow[]): Sql => {
  const names = relation.columns.map((column) => quoteName(column.name));
  const typed = relation.columns.map(
    (column) =>
      sql`cast(${quoteName(column.name)} as ${trustedSql(column.type)}) as ${quoteName(column.name)}`,
  );
  if (rows.length === 0) {
    const nulls = relation.columns.map(
      (column) => sql`cast(null as ${trustedSql(column.type)}) as ${quoteName(column.name)}`,
    );
    return sql`select ${joinSql(nulls)} where false`;
  }
  const lines = rows.map(
    (row) => sql`(${joinSql(relation.columns.map((column) => literal(row[column.name])))})`,
  );
  return sql`select ${joinSql(typed)} from (values ${joinSql(lines)}) as t (${joinSql(names)})`;
};
