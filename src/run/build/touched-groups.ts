import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import { createTable } from '../../engine/index.ts';
import { deltaRelation, type Model } from '../../model/index.ts';
import type { Change } from './change.ts';
import { columnNames, type ScopeContext } from './scope-context.ts';

/** The temp table that holds the touched groups of one model. */
export const groupsName = (model: Model): Sql => sql`build.${quoteName(`${model.name}_groups`)}`;

/** The relation `delta.<name>` that holds what this run changed in a relation, quoted. */
export const deltaName = (relation: string): Sql => quoteRelation(deltaRelation(relation));

/** Relations below views, so that a view's changes are those of what it reads. */
export const storedUpstreams = (
  model: Model,
  views: ReadonlyMap<string, Model>,
): readonly string[] => [
  ...new Set(
    model.reads.flatMap((relation) => {
      const view = views.get(relation);
      return view === undefined ? [relation] : storedUpstreams(view, views);
    }),
  ),
];

/** True when the changes of a relation tell all these columns. */
export const deltaHas = async (
  { engine, models }: Pick<ScopeContext, 'engine' | 'models'>,
  relation: string,
  by: readonly string[],
): Promise<boolean> => {
  const names = models.has(relation)
    ? await columnNames({ engine, models }, relation)
    : await columnNames({ engine, models }, deltaRelation(relation));
  return by.every((column) => names.includes(column));
};

/**
 * Fills the groups that this run's changes touch and returns their number, or `full` when they cannot
 * be told: an upstream changed as a whole, or its changes lack the columns and the sidecar says nothing.
 */
export const findTouchedGroups = async (
  context: Pick<ScopeContext, 'engine' | 'models'> & {
    readonly changes: ReadonlyMap<string, Change>;
    readonly views: ReadonlyMap<string, Model>;
  },
  model: Model,
): Promise<number | 'full'> => {
  if (model.refresh.kind !== 'by') return 'full';
  const by = model.refresh.columns;
  const sources: Sql[] = [];
  for (const relation of storedUpstreams(model, context.views)) {
    const change = context.changes.get(relation);
    if (change === undefined || change.kind === 'none') continue;
    if (change.kind === 'all') return 'full';
    if (await deltaHas(context, relation, by)) {
      sources.push(sql`select ${joinSql(by.map(quoteName))} from ${deltaName(relation)}`);
    } else if (model.refresh.touched === undefined) {
      return 'full';
    }
  }
  if (model.refresh.touched !== undefined) {
    sources.push(
      sql`select ${joinSql(by.map(quoteName))} from (${trustedSql(model.refresh.touched)})`,
    );
  }
  if (sources.length === 0) return 0;
  return createTable(context.engine, groupsName(model), joinSql(sources, ' union '));
};
