import {
  joinSql,
  pipelineError,
  quoteRelation,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { modelErrors } from './errors.ts';
import type { InputColumn } from './feed-relations.ts';
import type { Fixture, ModelGraph } from './model.ts';
import { createRelation } from './with-scratch.ts';

export type FixtureUse = {
  readonly graph: ModelGraph;
  /** Relations that the query under test reads. */
  readonly reads: readonly string[];
  readonly fixture: Fixture;
  /** Test or check, for messages. */
  readonly user: string;
};

type Cells = Fixture[string][number];

const literal = (row: Cells, column: Pick<InputColumn, 'name' | 'type'>): Sql => {
  const value = row[column.name];
  return sql`cast(${quoteText(value === undefined || value === null ? null : String(value))} as ${trustedSql(column.type)})`;
};

/** Columns of a model or of an input, as the project's graph knows them. */
const columnsOf = (
  graph: ModelGraph,
  relation: string,
): readonly Pick<InputColumn, 'name' | 'type'>[] =>
  graph.models.find((model) => model.relation === relation)?.columns ??
  graph.inputs.find((input) => input.relation === relation)?.columns ??
  [];

/**
 * Makes the relations that a query reads, in the current scratch database: the given rows, nothing where
 * none are given, and the shipped rows of reference models.
 */
export const createFixture = async (
  engine: Engine,
  { graph, reads, fixture, user }: FixtureUse,
): Promise<void> => {
  const made = new Set<string>();
  const make = async (relation: string): Promise<void> => {
    if (made.has(relation)) return;
    made.add(relation);
    const columns = columnsOf(graph, relation);
    const given = fixture[relation];
    const shipped = graph.models.find((m) => m.relation === relation && m.schema === 'reference');
    await createRelation(engine, relation, columns);
    if (given === undefined && shipped !== undefined) {
      for (const upstream of shipped.reads) await make(upstream);
      const query = trustedSql(shipped.sql);
      await engine.execute(sql`insert into ${quoteRelation(relation)} by name (${query})`);
    } else if (given !== undefined && given.length > 0) {
      const rows = joinSql(
        given.map((row) => sql`(${joinSql(columns.map((c) => literal(row, c)))})`),
      );
      try {
        await engine.execute(sql`insert into ${quoteRelation(relation)} values ${rows}`);
      } catch (cause) {
        throw pipelineError(modelErrors, 'model.fixture-value', { user, relation }, { cause });
      }
    }
  };
  for (const relation of reads) await make(relation);
};
