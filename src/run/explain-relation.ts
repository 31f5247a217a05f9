import { join } from 'node:path';
import { type Compiled, type Effects, quoteRelation, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { createViews, readSnapshot, relationQuery, type Snapshot } from '../lake/index.ts';
import { columnFormula, type Formula, leadOn } from './explain/column-formula.ts';
import {
  allRelations,
  type ExplainedColumn,
  type NamedRelation,
  resolveName,
} from './explain/named-relation.ts';
import {
  type FormulaOf,
  type PolicyInForce,
  policiesInForce,
  policiesOfColumn,
} from './explain/policies-in-force.ts';
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
        /** The columns of other relations that it comes from, and what they are. */
        readonly sources: readonly { readonly name: string; readonly is: string }[];
        readonly downstream: readonly string[];
      })
    | null;
  /** Of a column where its formula tells them; otherwise of the relation and all that it is made from. */
  readonly policies_of: 'column' | 'relation';
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

/** The run that last changed a relation; of a view the last change of what it shows. */
const changedIn = (snapshot: Snapshot, relation: string): number => {
  const entry = snapshot.manifest.relations[relation];
  if (entry?.kind !== 'view') return entry?.builtIn ?? 0;
  return Math.max(0, ...entry.reads.map((read) => changedIn(snapshot, read)));
};

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
  if (entry?.kind === 'view') {
    await createViews(engine, snapshot);
    const [counted] = await engine.rows(sql`select count(*) as n from ${quoteRelation(relation)}`);
    return { run_id: changedIn(snapshot, relation), rows: Number(counted?.n ?? 0) };
  }
  if (entry === undefined) return null;
  return { run_id: entry.builtIn, rows: entry.parts.reduce((sum, part) => sum + part.rows, 0) };
};

const formulaOf: FormulaOf = ({ sql: text }, column) =>
  text === null ? undefined : columnFormula(readQueryShape(text), column);

/** The relation and column that `schema.relation.column` names. */
const findColumn = (
  qualified: string,
  relations: readonly NamedRelation[],
): { readonly relation: NamedRelation; readonly column: ExplainedColumn } | undefined => {
  const dot = qualified.lastIndexOf('.');
  const relation = relations.find((one) => one.relation === qualified.slice(0, dot));
  const column = relation?.columns.find((one) => one.name === qualified.slice(dot + 1));
  return relation === undefined || column === undefined ? undefined : { relation, column };
};

const explainColumn = (
  found: NamedRelation,
  own: ExplainedColumn,
  relations: readonly NamedRelation[],
): NonNullable<Explanation['column']> => {
  const direct = formulaOf(found, own.name);
  const formula =
    direct === undefined
      ? undefined
      : leadOn(direct, (source) => {
          const below = findColumn(source, relations);
          return below === undefined ? undefined : formulaOf(below.relation, below.column.name);
        });
  return {
    ...own,
    formula: formula ?? null,
    sources: (formula?.upstream ?? []).map((name) => ({
      name,
      is: findColumn(name, relations)?.column.is ?? '',
    })),
    downstream: columnDownstream(found, own.name, relations),
  };
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
  const deciding =
    own === undefined
      ? { policies: policiesInForce(project, found, relations), of: 'relation' as const }
      : policiesOfColumn(project, { found, column: own.name }, { relations, formulaOf });
  return {
    ...facts,
    column: own === undefined ? null : explainColumn(found, own, relations),
    policies: deciding.policies,
    policies_of: deciding.of,
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
    const project = await openProject({ ...options, engine }, world);
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
