import { quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import { type Check, deltaRelation, type Model } from '../../model/index.ts';
import type { Change } from '../build/change.ts';
import { inGroups, scopeQuery } from '../build/scope-query.ts';
import { naming } from '../explain-failure.ts';
import type { CheckReport } from '../run-report.ts';

export type CheckContext = {
  readonly engine: Engine;
  readonly models: ReadonlyMap<string, Model>;
  readonly changes: ReadonlyMap<string, Change>;
  /** True when every check looks at every row: `check`, `--full-refresh`. */
  readonly whole: boolean;
};

const isKeyCheck = (check: Check, model: Model | undefined): boolean =>
  model !== undefined &&
  check.reads.length === 1 &&
  (check.name === `${model.name}_key_unique` || check.name === `${model.name}_key_not_null`);

/** Reads the relations of a check, and those below its views. */
const storedReads = (check: Check, models: ReadonlyMap<string, Model>): readonly string[] => {
  const below = (relation: string): readonly string[] => {
    const model = models.get(relation);
    return model?.refresh.kind === 'view' ? model.reads.flatMap(below) : [relation];
  };
  return [...new Set(check.reads.flatMap(below))];
};

/** A key check looks only at the keys that this run touched. */
const touchedQuery = async (context: CheckContext, check: Check, model: Model): Promise<Sql> => {
  const view = sql`scoped.${quoteName(`key of ${model.relation}`)}`;
  const delta = trustedSql(quoteRelation(deltaRelation(model.relation)));
  await context.engine.execute(
    sql`create or replace view ${view} as ${inGroups(quoteRelation(model.relation), model.key, delta)}`,
  );
  return scopeQuery(context.engine, check.sql, new Map([[model.relation, view]]));
};

const countOffending = async (context: CheckContext, check: Check): Promise<number> => {
  const model = context.models.get(check.owner);
  const change = context.changes.get(check.owner);
  const query =
    model !== undefined && isKeyCheck(check, model) && change?.kind === 'rows' && !context.whole
      ? await touchedQuery(context, check, model)
      : trustedSql(check.sql);
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
  for (const check of checks) {
    const isDue =
      context.whole ||
      storedReads(check, context.models).some(
        (relation) => (context.changes.get(relation)?.kind ?? 'none') !== 'none',
      );
    if (!isDue) continue;
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
