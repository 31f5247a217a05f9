import { quoteRelation, quoteText, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Snapshot } from '../../lake/index.ts';
import { ledgerRelations } from '../ledger/ledger-relations.ts';
import type { CheckReport } from '../run-report.ts';

const countFailed = async (engine: Engine, name: string, query: Sql): Promise<CheckReport> => {
  const [row] = await engine.rows(sql`select count(*) as n from (${query})`);
  return { name, severity: 'error', failed_rows: Number(row?.n ?? 0) };
};

/** Every record of every file is somewhere, and no count is below zero. */
const unbalancedFiles = sql`select file_id from meta.file
  where read <> loaded + duplicate + superseded + blank + quarantined
    or least(read, loaded, duplicate, superseded, blank, quarantined) < 0`;

/** Files whose accepted rows in bronze are not as many as the ledger tells, those that wait for their student included. */
const unequalBronze = (feed: string): Sql => sql`
  select coalesce(f.file_id, b._file_id) as file_id
  from (
    select file_id, loaded + duplicate + superseded + (
      select count(*) from quarantine.record as q
      where q.file_id = file.file_id and q.stage = 'silver' and q.state = 'open') as n
    from meta.file as file where feed = ${quoteText(feed)} and status = 'loaded') as f
  full join (
    select _file_id, count(*) as n from ${quoteRelation(`bronze.${feed}`)} group by _file_id) as b
    on b._file_id = f.file_id
  where coalesce(f.n, 0) <> coalesce(b.n, 0)`;

/** What must hold of the ledger itself: it balances, and bronze has the rows that it tells of. */
export const checkLedger = async (
  engine: Engine,
  snapshot: Snapshot,
  contracts: readonly Contract[],
): Promise<readonly CheckReport[]> => {
  const has = (relation: string): boolean => snapshot.manifest.relations[relation] !== undefined;
  if (!has(ledgerRelations.file.relation)) return [];
  const reports = [await countFailed(engine, 'files_balance', unbalancedFiles)];
  for (const { feed } of contracts) {
    if (!has(`bronze.${feed}`) || !has(ledgerRelations.quarantine.relation)) continue;
    reports.push(await countFailed(engine, `bronze_${feed}_is_told`, unequalBronze(feed)));
  }
  return reports;
};
