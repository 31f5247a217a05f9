import { PipelineError, type Place, pipelineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { describeQuery } from './compile-model.ts';
import { layerReads } from './draft-model.ts';
import { modelErrors } from './errors.ts';
import type { FeedColumns, InputColumn, InputRelation } from './feed-relations.ts';
import type { Layer, Model } from './model.ts';
import { readQuery } from './read-query.ts';
import { storedReads } from './stored-reads.ts';
import { createRelation } from './with-scratch.ts';

/** Name under which a build finds the old and new rows of a relation: `delta.<name>`, for staging `delta.staging_<feed>`. */
export const deltaRelation = (relation: string): string => {
  const [schema = '', name = ''] = relation.split('.');
  return schema === 'staging' ? `delta.staging_${name}` : `delta.${name}`;
};

type Column = Pick<InputColumn, 'name' | 'type'>;

/** The delta relations of a project: all columns of built relations, the key columns of staging. */
const deltaColumns = (
  models: readonly Model[],
  feeds: readonly FeedColumns[],
): ReadonlyMap<string, readonly Column[]> => {
  const deltas = new Map<string, readonly Column[]>();
  for (const { feed, key, columns } of feeds) {
    const keyColumns = columns.filter((column) => key.includes(column.name));
    deltas.set(deltaRelation(`staging.${feed}`), keyColumns);
    deltas.set(deltaRelation(`staging.${feed}_versions`), keyColumns);
    deltas.set(deltaRelation(`staging.${feed}_inferred`), keyColumns);
  }
  for (const model of models) {
    const name = deltaRelation(model.relation);
    if (!deltas.has(name) && model.schema !== 'compat') deltas.set(name, model.columns);
  }
  return deltas;
};

const isLayer = (schema: string): schema is Layer => Object.hasOwn(layerReads, schema);

/**
 * Compiles every `touched` query: it reads the deltas of what its model reads, what its model may read and the
 * model itself, and gives exactly the columns of `by`. Needs the scratch database with every compiled relation in it.
 */
export const touchedProblems = async (
  engine: Engine,
  models: readonly Model[],
  project: {
    readonly feeds: readonly FeedColumns[];
    readonly inputs: readonly InputRelation[];
    /** Relation → where its sidecar has `touched`. */
    readonly places: ReadonlyMap<string, Place>;
  },
): Promise<readonly PipelineError[]> => {
  const deltas = deltaColumns(models, project.feeds);
  for (const [relation, columns] of deltas) {
    if (columns.length > 0) await createRelation(engine, relation, columns);
  }
  const relations = [...project.inputs, ...models].map((one) => one.relation);
  const byName = new Map(models.map((model) => [model.relation, model]));
  const found: PipelineError[] = [];
  for (const model of models) {
    const { relation, schema, refresh, place } = model;
    if (refresh.kind !== 'by' || refresh.touched === undefined || !isLayer(schema)) continue;
    const inside = project.places.get(relation) ?? place;
    const query = {
      reader: `\`touched\` of ${relation}`,
      sql: refresh.touched,
      file: inside.file,
      inside,
    };
    // A delta is there when a model is built for what it reads, and for no view.
    const own = storedReads(model.reads, byName).map(deltaRelation);
    const known = new Set([...relations, ...deltas.keys()]);
    const rules = { known, allowed: ['delta', ...layerReads[schema]] };
    const read = await readQuery(engine, query, rules);
    found.push(...read.found);
    if (read.found.length > 0) continue;
    const strange = read.reads.find((one) => deltas.has(one) && !own.includes(one));
    if (strange !== undefined) {
      const facts = { model: relation, delta: strange, own };
      found.push(pipelineError(modelErrors, 'model.touched-delta', facts, { place: inside }));
      continue;
    }
    const described = await describeQuery(engine, query);
    if (described instanceof PipelineError) found.push(described);
    else if (
      described
        .map((c) => c.name)
        .sort()
        .join() !== [...refresh.columns].sort().join()
    ) {
      const facts = { model: relation, expected: refresh.columns };
      found.push(pipelineError(modelErrors, 'model.touched', facts, { place: inside }));
    }
  }
  return found;
};
