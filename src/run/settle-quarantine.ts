import { joinSql, quoteText, type Sql, sql } from '../base/index.ts';
import { ledgerQuery } from './ledger/ledger.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import type { Session } from './run-session.ts';

/** File versions that a newer loaded version of their path replaced. */
export const replacedFiles = ({ book }: Session): readonly string[] => {
  const loaded = [...book.rows().values()].filter((row) => row.status === 'loaded');
  const newest = new Map<string, number>();
  for (const { path, receipt } of loaded)
    newest.set(path, Math.max(receipt, newest.get(path) ?? receipt));
  return loaded
    .filter((row) => row.receipt < (newest.get(row.path) ?? 0))
    .map((row) => row.file_id);
};

/** File versions whose records of earlier runs tell nothing any more. */
export type Outdated = {
  /** A newer version of their path was loaded. */
  readonly replaced: readonly string[];
  /** This run read them again as a whole: what it refused is told anew. */
  readonly reread: readonly string[];
};

/**
 * Writes what this run refused, and what it took in after all, into the quarantine. An open record of a
 * replaced version is resolved: the newer one has it right, or its own record; orphans of it wait on. So
 * is one of a file that was read again, where it is not refused again.
 */
export const quarantineQuery = (session: Session, { replaced, reread }: Outdated): Sql => {
  const { run } = session.load;
  const isOf = (files: readonly string[]): Sql =>
    files.length === 0 ? sql`false` : sql`z.file_id in (${joinSql(files.map(quoteText))})`;
  const isReplaced = sql`(z.state = 'open' and z.stage <> 'silver' and ${isOf(replaced)})`;
  const isReread = sql`(z.state = 'open' and z.run_id <> ${run} and ${isOf(reread)})`;
  return sql`select z.* replace (
      case when ${isReplaced} or ${isReread} then 'resolved' else z.state end as state,
      case when ${isReplaced} or ${isReread} then ${run} else z.resolved_run end as resolved_run,
      case when ${isReread} then 'The file was read again.'
        when ${isReplaced} then 'A newer version of the file was loaded.' else z.because end as because)
    from (${recordsQuery(session)}) as z`;
};

const recordsQuery = ({ draft, load }: Session): Sql => {
  const before = ledgerQuery(draft, ledgerRelations.quarantine);
  return sql`select q.* replace (
      case when p.record_id is null then q.state else 'resolved' end as state,
      case when p.record_id is null then q.resolved_run else ${load.run} end as resolved_run)
    from (${before}) as q
    left join load.promoted as p on p.record_id = q.record_id
    where not exists (select 1 from load.refusals as r where r.record_id = q.record_id)
    union all by name
    select r.* replace (
      case when d.record_id is null then r.state else 'discarded' end as state,
      d.run_id as resolved_run, d.because as because, d."by" as "by")
    from load.refusals as r
    left join load.discarded as d on d.record_id = r.record_id`;
};
