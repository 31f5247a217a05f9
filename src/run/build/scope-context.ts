import { quoteName, quoteRelation, type Sql, sql } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import type { Draft } from '../../lake/index.ts';
import type { Model } from '../../model/index.ts';
import { type Sizes, usualSizes } from './sizes.ts';

/** What is needed to read parts of relations. */
export type ScopeContext = {
  readonly engine: Engine;
  /** Undefined where relations are read whole. */
  readonly draft?: Pick<Draft, 'relation' | 'narrowed'> | undefined;
  readonly models: ReadonlyMap<string, Model>;
  readonly sizes?: Sizes | undefined;
};

/** The column names of a relation: as its model declares them, else as the engine knows them. */
export const columnNames = async (
  { engine, models }: Pick<ScopeContext, 'engine' | 'models'>,
  relation: string,
): Promise<readonly string[]> => {
  const model = models.get(relation);
  const columns =
    model?.columns ?? (await engine.describe(sql`select * from ${quoteRelation(relation)}`));
  return columns.map((column) => column.name);
};

/** How many rows a stored relation has; 0 for a view. */
export const partRows = ({ draft }: Pick<ScopeContext, 'draft'>, relation: string): number => {
  const entry = draft?.relation(relation);
  return entry?.kind === 'parts' ? entry.parts.reduce((sum, part) => sum + part.rows, 0) : 0;
};

/**
 * What stands after `from` to find the rows of some groups in a relation: the relation, or of a large
 * one those of its parts that may have some.
 */
export const nearRows = async (
  context: ScopeContext,
  relation: string,
  { by, groups }: { readonly by: readonly string[]; readonly groups: Sql },
): Promise<Sql> => {
  const { draft, sizes = usualSizes } = context;
  const entry = draft?.relation(relation);
  if (draft === undefined || entry?.kind !== 'parts' || partRows(context, relation) <= sizes.many)
    return quoteRelation(relation);
  const texts = new Set(entry.columns.filter((c) => c.type === 'VARCHAR').map((c) => c.name));
  const column = by.find((name) => texts.has(name));
  if (column === undefined) return quoteRelation(relation);
  const keys = sql`(select ${quoteName(column)} from ${groups})`;
  return sql`(${await draft.narrowed(relation, { column, keys })})`;
};
