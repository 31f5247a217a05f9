import { joinSql, quoteName, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Check, Model } from '../../model/index.ts';
import { type Change, noChange } from '../build/change.ts';
import { createScopedViews, scopeQuery } from '../build/scope-query.ts';
import { deltaHas, deltaName } from '../build/touched-groups.ts';
import { naming } from '../explain-failure.ts';
import type { CheckReport } from '../run-report.ts';

export type CheckContext = {
  readonly engine: Engine;
  readonly models: ReadonlyMap<string, Model>;
  readonly changes: ReadonlyMap<string, Change>;
  /** True when every check looks at every row: `check`, `--full-refresh`. */
  readonly whole: boolean;
  /** Told of each check before it is asked. */
  readonly onCheck?: ((name: string) => void) | undefined;
};

/** Reads the relations of a check, and those below its views. */
const storedReads = (check: Check, models: ReadonlyMap<string, Model>): readonly string[] => {
  const below = (relation: string): readonly string[] => {
    const model = models.get(relation);
    return model?.refresh.kind === 'view' ? model.reads.flatMap(below) : [relation];
  };
  return [...new Set(check.reads.flatMap(below))];
};

const groups = sql`build.check_groups`;

/**
 * Fills the groups of a check that this run touched and returns their number, or `all` when they cannot
 * be told: a relation changed as a whole, or its changes lack the columns.
 */
const findTouched = async (context: CheckContext, check: Check): Promise<number | 'all'> => {
  if (context.whole || check.by.length === 0) return 'all';
  const columns = joinSql(check.by.map(quoteName));
  const sources: Sql[] = [];
  for (const relation of storedReads(check, context.models)) {
    const change = context.changes.get(relation) ?? noChange;
    if (change.kind === 'none') continue;
    if (change.kind === 'all' || !(await deltaHas(context.engine, relation, check.by)))
      return 'all';
    sources.push(sql`select ${columns} from ${deltaName(relation)}`);
  }
  const all = joinSql(sources, ' union ');
  await context.engine.execute(sql`create or replace table ${groups} as ${all}`);
  const [row] = await context.engine.rows(sql`select count(*) as n from ${groups}`);
  return Number(row?.n ?? 0);
};

/** A key without a null is found among the changes: no row of the relation need be read. */
const isNullKeyCheck = ({ name, owner }: Check): boolean =>
  name === `${owner.slice(owner.indexOf('.') + 1)}_key_not_null`;

const countOffending = async (context: CheckContext, check: Check): Promise<number> => {
  const { engine } = context;
  const touched = await findTouched(context, check);
  if (touched === 0) return 0;
  let query = trustedSql(check.sql);
  if (touched !== 'all') {
    const isNull = joinSql(
      check.by.map((column) => sql`${quoteName(column)} is null`),
      ' or ',
    );
    const [nulls] = await engine.rows(sql`select count(*) as n from ${groups} where ${isNull}`);
    if (isNullKeyCheck(check) && Number(nulls?.n) === 0) return 0;
    const scoped = await createScopedViews(engine, check.reads, check.by, groups);
    query = await scopeQuery(engine, check.sql, scoped);
  }
  const [row] = await engine.rows(sql`select count(*) as n from (${query})`);
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
  for (const check of checks) {
    const isDue =
      context.whole ||
      storedReads(check, context.models).some(
        (relation) => (context.changes.get(relation)?.kind ?? 'none') !== 'none',
      );
    if (!isDue) continue;
    context.onCheck?.(check.name);
    results.push({
      name: check.name,
      severity: check.severity,
      failed_rows: await naming({ name: `check ${check.name}`, place: check.place }, () =>
        countOffending(context, check),
      ),
    });
  }
  return results;
};
