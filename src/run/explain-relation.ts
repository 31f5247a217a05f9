import { join } from 'node:path';
import { type Compiled, type Effects, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { readSnapshot, relationQuery, type Snapshot } from '../lake/index.ts';
import { columnFormula, type Formula } from './explain/column-formula.ts';
import {
  allRelations,
  type ExplainedColumn,
  type NamedRelation,
  resolveName,
} from './explain/named-relation.ts';
import { type PolicyInForce, policiesInForce } from './explain/policies-in-force.ts';
import { readQueryShape } from './explain/query-shape.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import { withoutWrites } from './read-only.ts';

export type Explanation = Omit<NamedRelation, 'reads'> & {
  /** The column that was asked for, with how it is made. */
  readonly column:
    | (ExplainedColumn & {
        readonly formula: Formula | null;
        readonly downstream: readonly string[];
      })
    | null;
  readonly policies: readonly PolicyInForce[];
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
  /** The run that last changed it and its rows then; null when it was never built. */
  readonly built: { readonly run_id: number; readonly rows: number } | null;
};

export type ExplainOptions = {
  readonly projectFolder: string;
  readonly packageFolder: string;
  readonly version: string;
  /** `relation`, `schema.relation`, and either with `.column`. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
};

/** Columns of direct readers that come from this column, as far as their SQL is in the house style. */
const columnDownstream = (
  found: NamedRelation,
  column: string,
  relations: readonly NamedRelation[],
): readonly string[] =>
  relations
    .filter((one) => one.sql !== null && one.reads.includes(found.relation))
    .flatMap((reader) => {
      const shape = readQueryShape(reader.sql ?? '');
      return reader.columns
        .filter(
          ({ name }) =>
            columnFormula(shape, name)?.upstream.includes(`${found.relation}.${column}`) === true,
        )
        .map(({ name }) => `${reader.relation}.${name}`);
    });

const readBuilt = async (
  engine: Engine,
  relation: string,
  snapshot: Snapshot | undefined,
): Promise<Explanation['built']> => {
  const ledger = ledgerRelations.relation.relation;
  const entry = snapshot?.manifest.relations[relation];
  if (snapshot === undefined || snapshot.manifest.relations[ledger] === undefined) return null;
  const rows = await engine.rows(
    sql`select relation, run_id, rows from (${relationQuery(snapshot, ledger)})`,
  );
  const known = rows.find((row) => row.relation === relation);
  if (known !== undefined && known.rows !== null)
    return { run_id: Number(known.run_id), rows: Number(known.rows) };
  if (entry?.kind !== 'parts') return null;
  return { run_id: entry.builtIn, rows: entry.parts.reduce((sum, part) => sum + part.rows, 0) };
};

const explain = (
  project: Project,
  name: string,
  snapshot: Snapshot | undefined,
): Omit<Explanation, 'built'> => {
  const relations = allRelations(project, snapshot);
  const { found, column } = resolveName(name, relations);
  const { reads, ...facts } = found;
  const own = found.columns.find((one) => one.name === column);
  const formula =
    own === undefined || found.sql === null
      ? undefined
      : columnFormula(readQueryShape(found.sql), own.name);
  return {
    ...facts,
    column:
      own === undefined
        ? null
        : {
            ...own,
            formula: formula ?? null,
            downstream: columnDownstream(found, own.name, relations),
          },
    policies: policiesInForce(project, found, { relations, formula }),
    upstream: reads,
    downstream: relations
      .filter((one) => one.reads.includes(found.relation))
      .map((one) => one.relation),
  };
};

/**
 * Explains a relation or a column: what it is, how it is made, which settings decide it, what it reads and
 * who reads it. Throws `explain.unknown` with the closest name.
 */
export const explainRelation = async (
  options: ExplainOptions,
  effects: Effects,
): Promise<Compiled<Explanation>> => {
  const world = withoutWrites(effects);
  const { temp, lake } = projectFolders(options.projectFolder);
  const tempFolder = join(temp, effects.newId());
  const engine = await openDuckDB({
    memoryLimitBytes: await memoryLimitOf({ projectFolder: options.projectFolder }, effects),
    tempFolder,
    signal: options.signal,
  });
  try {
    const project = await openProject({ ...options, flags: [], engine }, world);
    if (project.kind === 'problems') return project;
    const snapshot = await readSnapshot(lake, {}, world);
    const explained = explain(project.value, options.name, snapshot);
    return {
      kind: 'ok',
      value: { ...explained, built: await readBuilt(engine, explained.relation, snapshot) },
    };
  } finally {
    await engine[Symbol.asyncDispose]();
  }
};
