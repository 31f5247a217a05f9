import { joinSql, pipelineError, quoteName, quoteRelation, type Sql, sql } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { lakeErrors } from './errors.ts';
import type { Snapshot } from './read-snapshot.ts';
import { entryQuery, findRelation } from './relation-query.ts';

/** Relations in an order in which each comes after what it reads. Throws `lake.view-cycle`. */
const dependencyOrder = (snapshot: Snapshot, wanted: readonly string[]): readonly string[] => {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (relation: string): void => {
    if (done.has(relation)) return;
    if (open.has(relation)) throw pipelineError(lakeErrors, 'lake.view-cycle', { relation });
    open.add(relation);
    const entry = findRelation(snapshot, relation);
    if (entry.kind === 'view') for (const read of entry.reads) visit(read);
    open.delete(relation);
    done.add(relation);
  };
  for (const relation of wanted) visit(relation);
  return [...done];
};

/** The statements that create the schemas and views of a snapshot, in an order that works. */
export const viewStatements = (
  snapshot: Snapshot,
  relations?: readonly string[] | undefined,
): readonly Sql[] => {
  const wanted = relations ?? Object.keys(snapshot.manifest.relations);
  const ordered = dependencyOrder(snapshot, wanted);
  const schemas = [...new Set(ordered.map((relation) => relation.split('.')[0] ?? ''))];
  return [
    ...schemas.map((schema) => sql`create schema if not exists ${quoteName(schema)}`),
    ...ordered.map(
      (relation) =>
        sql`create or replace view ${quoteRelation(relation)} as ${entryQuery(snapshot.lakeFolder, findRelation(snapshot, relation))}`,
    ),
  ];
};

/** Creates the schemas and views of all (or the named) relations of a snapshot in the engine. */
export const createViews = async (
  engine: Engine,
  snapshot: Snapshot,
  { relations }: { readonly relations?: readonly string[] | undefined } = {},
): Promise<void> => {
  // One call: a line feed ends a comment that a query may end in.
  await engine.execute(joinSql(viewStatements(snapshot, relations), ';\n'));
};
