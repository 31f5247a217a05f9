import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import { createTable } from '../../engine/index.ts';
import { deltaRelation, type Model, storedReads } from '../../model/index.ts';
import type { Change } from './change.ts';
import { columnNames, type ScopeContext } from './scope-context.ts';

/** The temp table that holds the touched groups of one model. */
export const groupsName = (model: Model): Sql => sql`build.${quoteName(`${model.name}_groups`)}`;

/** The relation `delta.<name>` that holds what this run changed in a relation, quoted. */
export const deltaName = (relation: string): Sql => quoteRelation(deltaRelation(relation));

/** Made by the run out of these: their changes are its own. */
const madeFrom: Readonly<Record<string, readonly string[]>> = {
  'reference.student_policy': ['silver.dim_student'],
};

/** What a model is made of: what it reads, below views, and what of that the run makes of tables. */
export const storedUpstreams = (
  { reads }: Model,
  views: ReadonlyMap<string, Model>,
): readonly string[] => [
  ...new Set(
    storedReads(reads, views).flatMap((relation) => [relation, ...(madeFrom[relation] ?? [])]),
  ),
];

/** The columns that the changes of a relation tell. */
export const deltaColumns = (
  context: Pick<ScopeContext, 'engine' | 'models'>,
  relation: string,
): Promise<readonly string[]> =>
  columnNames(context, context.models.has(relation) ? relation : deltaRelation(relation));

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
    const told = await deltaColumns(context, relation);
    if (by.every((column) => told.includes(column))) {
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
