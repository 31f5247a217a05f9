import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { createTable } from '../../engine/index.ts';
import { type Check, storedReads } from '../../model/index.ts';
import { type Change, noChange } from '../build/change.ts';
import type { ScopeContext } from '../build/scope-context.ts';
import { createScopedViews, type Groups, scopeQuery, spanGroups } from '../build/scope-query.ts';
import { deltaColumns, deltaName } from '../build/touched-groups.ts';
import { naming } from '../explain-failure.ts';
import type { CheckReport } from '../run-report.ts';

export type CheckContext = ScopeContext & {
  readonly changes: ReadonlyMap<string, Change>;
  /** True when every check looks at every row: `check`, `--full-refresh`. */
  readonly whole: boolean;
  /** Relations that were built whole of a feed that is staged whole, each row of one for a row of the other: the feed. */
  readonly heldWhole?: ReadonlyMap<string, Contract> | undefined;
  /** Told of each check before it is asked. */
  readonly onCheck?: ((name: string) => void) | undefined;
};

/** Groups of a check that this run touched. */
type Touched = { readonly groups: Sql; readonly count: number; readonly hasNull: boolean };

/** What checks of one run have in common: those of a relation often ask for the same groups. */
type Asked = { readonly touched: Map<string, Touched>; readonly spans: Map<Sql, Groups> };

/** What this run changed in what a check reads, and the group columns that all of it has. */
type Changed = { readonly relations: readonly string[]; readonly by: readonly string[] };

/**
 * What a run changed of what a check reads; `all` when no group can be told from it. Fewer columns make larger
 * groups, in which the check holds as well: `student_id, date` becomes `date` where a calendar changed.
 */
const changedReads = async (context: CheckContext, check: Check): Promise<Changed | 'all'> => {
  if (context.whole || check.by.length === 0) return 'all';
  const relations: string[] = [];
  let by = check.by;
  for (const relation of storedReads(check.reads, context.models)) {
    const change = context.changes.get(relation) ?? noChange;
    if (change.kind === 'none') continue;
    if (change.kind === 'all') return 'all';
    const told = await deltaColumns(context, relation);
    by = by.filter((column) => told.includes(column));
    if (by.length === 0) return 'all';
    relations.push(relation);
  }
  return { relations, by };
};

const findTouched = async (
  { engine }: CheckContext,
  { touched }: Asked,
  { relations, by }: Changed,
): Promise<Touched> => {
  const id = JSON.stringify([relations, by]);
  const known = touched.get(id);
  if (known !== undefined) return known;
  const groups = sql`build.${quoteName(`check_groups_${touched.size}`)}`;
  const columns = joinSql(by.map(quoteName));
  const sources = relations.map((relation) => sql`select ${columns} from ${deltaName(relation)}`);
  const count = await createTable(engine, groups, joinSql(sources, ' union '));
  const isNull = by.map((column) => sql`${quoteName(column)} is null`);
  const [nulls] = await engine.rows(
    sql`select count(*) as n from ${groups} where ${joinSql(isNull, ' or ')}`,
  );
  const found = { groups, count, hasNull: Number(nulls?.n) > 0 };
  touched.set(id, found);
  return found;
};

/** A key without a null is found among the changes of its own relation: no row of it need be read. */
const isTold = (check: Check, { relations, by }: Changed): boolean =>
  check.finds === 'null-key' &&
  by.length === check.by.length &&
  relations.every((relation) => relation === check.owner);

/** The query of a check over the touched groups; undefined when no row of them can offend. */
const scopeCheck = async (
  context: CheckContext,
  asked: Asked,
  { check, changed }: { readonly check: Check; readonly changed: Changed },
): Promise<Sql | undefined> => {
  const { by } = changed;
  const { groups, count, hasNull } = await findTouched(context, asked, changed);
  if (count === 0 || (isTold(check, changed) && !hasNull)) return undefined;
  const span = asked.spans.get(groups) ?? (await spanGroups(context.engine, by, groups));
  asked.spans.set(groups, span);
  const scoped = await createScopedViews(context, check.reads, span);
  return scopeQuery(context.engine, check.sql, scoped);
};

/**
 * True where a relation has exactly the keys of its staged feed, each of which stands there once: as many, and their
 * hashes add up to the same. Adding costs less than grouping; where it does not hold, they are grouped.
 */
const hasKeysOfFeed = async (
  { engine, heldWhole }: CheckContext,
  check: Check,
): Promise<boolean> => {
  const contract = check.finds === 'repeated-key' ? heldWhole?.get(check.owner) : undefined;
  if (contract === undefined || contract.key.join() !== check.by.join()) return false;
  const key = joinSql(contract.key.map(quoteName));
  const told = (relation: Sql): Sql =>
    sql`(select count(*) as n, sum(hash(${key})) as total from ${relation})`;
  const staged = told(quoteRelation(`staging.${contract.feed}`));
  const [row] = await engine.rows(
    sql`select a.n = b.n and a.total is not distinct from b.total as same from ${told(quoteRelation(check.owner))} as a, ${staged} as b`,
  );
  return row?.same === true;
};

const countOffending = async (
  context: CheckContext,
  asked: Asked,
  check: Check,
): Promise<number> => {
  const changed = await changedReads(context, check);
  if (changed !== 'all' && changed.relations.length === 0) return 0;
  if (changed === 'all' && !context.whole && (await hasKeysOfFeed(context, check))) return 0;
  const query =
    changed === 'all'
      ? trustedSql(check.sql)
      : await scopeCheck(context, asked, { check, changed });
  if (query === undefined) return 0;
  const [row] = await context.engine.rows(sql`select count(*) as n from (${query})`);
  return Number(row?.n ?? 0);
};

/**
 * Runs the checks whose relations changed (all on `whole`) and says how many rows each returned.
 * A check of severity `error` with rows means that nothing may be committed.
 */
export const runChecks = async (
  context: CheckContext,
  checks: readonly Check[],
): Promise<readonly CheckReport[]> => {
  const results: CheckReport[] = [];
  const asked: Asked = { touched: new Map(), spans: new Map() };
  for (const check of checks) {
    const isDue =
      context.whole ||
      storedReads(check.reads, context.models).some(
        (relation) => (context.changes.get(relation)?.kind ?? 'none') !== 'none',
      );
    if (!isDue) continue;
    context.onCheck?.(check.name);
    results.push({
      name: check.name,
      severity: check.severity,
      failed_rows: await naming({ name: `check ${check.name}`, place: check.place }, () =>
        countOffending(context, asked, check),
      ),
    });
  }
  return results;
};
