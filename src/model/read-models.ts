import { createHash } from 'node:crypto';
import {
  type Compiled,
  type Effects,
  type PipelineError,
  pipelineError,
  problems,
} from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { compileColumns } from './compile-model.ts';
import { draftModel, type ModelDraft } from './draft-model.ts';
import { modelErrors } from './errors.ts';
import { type FeedColumns, feedRelations, type InputRelation } from './feed-relations.ts';
import type { Check, Model, ModelColumn, ModelGraph, Refresh } from './model.ts';
import { orderModels } from './order-models.ts';
import { type Catalogue, readModelChecks, readOwnCheck, readTests } from './read-checks.ts';
import { layers, type ModelFolders, readModelFiles } from './read-model-files.ts';
import type { Sidecar } from './read-sidecar.ts';
import type { ModelSidecar } from './sidecar-schema.ts';
import { touchedProblems } from './touched-query.ts';
import { createRelation, withScratch } from './with-scratch.ts';

export type ReadModelsOptions = ModelFolders & {
  /** Used one statement at a time and left as it was. */
  readonly engine: Engine;
  readonly feeds: readonly FeedColumns[];
  /** Relations that the run makes itself: reference.run_context, student_policy, day_policy. */
  readonly provided: readonly InputRelation[];
  /** Hash of the engine functions: part of every model's hash. */
  readonly functionsHash: string;
};

type State = {
  readonly engine: Engine;
  readonly catalogue: Map<string, Catalogue extends ReadonlyMap<string, infer C> ? C : never>;
  readonly found: PipelineError[];
};

type CompiledDraft = {
  readonly draft: ModelDraft;
  readonly sidecar: Sidecar<ModelSidecar>;
  readonly columns: readonly ModelColumn[];
};

const refreshOf = ({ by, touched, refresh }: ModelSidecar): Refresh => {
  if (by !== undefined) return { kind: 'by', columns: by, touched };
  return { kind: refresh ?? 'full' };
};

const hashOf = (model: Omit<Model, 'hash'>, functionsHash: string): string =>
  createHash('sha256')
    .update(
      JSON.stringify({
        sql: model.sql,
        key: model.key,
        refresh: model.refresh,
        columns: model.columns.map((column) => [column.name, column.type]),
        partitionBy: model.partitionBy,
        sortBy: model.sortBy,
        functionsHash,
      }),
    )
    .digest('hex');

/** Made when all facts stand, since as-of is the latest day on which something happened. */
const madeOfAsOf = new Set(['reference.run_context', 'reference.student_policy']);

/** What reads as-of comes after every model that as-of is found in. */
const withHappened = (drafts: readonly ModelDraft[]): readonly ModelDraft[] => {
  const happened = drafts
    .filter(({ sidecar }) =>
      Object.values(sidecar?.value.columns ?? {}).some((column) => column.happened),
    )
    .map((draft) => draft.relation);
  return drafts.map((draft) =>
    draft.reads.some((relation) => madeOfAsOf.has(relation))
      ? { ...draft, reads: [...draft.reads, ...happened.filter((one) => one !== draft.relation)] }
      : draft,
  );
};

/** Orders drafts; a circle is reported, and its models are left out so that the others are still looked at. */
const orderDrafts = (
  drafts: readonly ModelDraft[],
  found: PipelineError[],
): readonly ModelDraft[] => {
  const own = new Map(drafts.map((draft) => [draft.relation, draft]));
  let left = withHappened(drafts);
  for (;;) {
    const ordered = orderModels(left);
    if (ordered.kind === 'ordered')
      return ordered.models.map((draft) => own.get(draft.relation) ?? draft);
    const first = left.find((draft) => ordered.relations.includes(draft.relation));
    const place = { file: first?.query.file ?? '', line: 1, column: 1 };
    found.push(pipelineError(modelErrors, 'model.cycle', { models: ordered.relations }, { place }));
    left = left.filter((draft) => !ordered.relations.includes(draft.relation));
  }
};

/** Compiles drafts in order over empty relations; one whose upstream did not compile is passed over. */
const compileDrafts = async (
  { engine, catalogue, found }: State,
  ordered: readonly ModelDraft[],
): Promise<readonly CompiledDraft[]> => {
  const compiled: CompiledDraft[] = [];
  for (const draft of ordered) {
    const { sidecar } = draft;
    if (sidecar === undefined || !draft.compiles) continue;
    if (!draft.reads.every((relation) => catalogue.has(relation))) continue;
    const { columns, found: own } = await compileColumns(engine, draft, sidecar);
    found.push(...own);
    if (columns.length === 0) continue;
    await createRelation(engine, draft.relation, columns);
    catalogue.set(draft.relation, columns);
    compiled.push({ draft, sidecar, columns });
  }
  return compiled;
};

const finishModel = async (
  { engine, catalogue, found }: State,
  { draft, sidecar, columns }: CompiledDraft,
  functionsHash: string,
): Promise<Model> => {
  const { value } = sidecar;
  const checks = await readModelChecks(engine, catalogue, draft, sidecar);
  const tests = readTests(catalogue, draft, sidecar);
  found.push(...checks.found, ...tests.found);
  const model = {
    relation: draft.relation,
    schema: draft.layer,
    name: draft.name,
    sql: draft.query.sql.trimEnd(),
    reads: draft.reads,
    grain: value.grain,
    description: value.description,
    key: value.key ?? [],
    refresh: refreshOf(value),
    columns,
    partitionBy: value.partition_by ?? null,
    sortBy: value.sort_by,
    holds: value.holds ?? null,
    policy: value.policy,
    checks: checks.value,
    tests: tests.value,
    place: { file: draft.query.file, line: 1, column: 1 },
  };
  return { ...model, hash: hashOf(model, functionsHash) };
};

const repeatedNames = (checks: readonly Check[]): readonly PipelineError[] => {
  const owners = new Map<string, string>();
  return checks.flatMap((check) => {
    const owner = owners.get(check.name);
    if (owner === undefined) {
      owners.set(check.name, check.owner);
      return [];
    }
    const facts = { check: check.name, owner };
    return [pipelineError(modelErrors, 'model.check-name-taken', facts, { place: check.place })];
  });
};

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
};

/**
 * Reads every model and check of the project (its files over ours), compiles them over empty relations and
 * returns them in building order, or every problem with its file, line and column. Throws only where
 * the disk or the engine fails.
 */
export const readModels = async (
  options: ReadModelsOptions,
  effects: Pick<Effects, 'fs'>,
): Promise<Compiled<ModelGraph>> => {
  const { engine, feeds, provided, functionsHash } = options;
  const files = await readModelFiles(options, effects);
  const inputs = [...feeds.flatMap(feedRelations), ...provided];
  const found: PipelineError[] = [...files.found];
  const known = new Set([
    ...inputs.map((input) => input.relation),
    ...files.models.map(({ layer, name }) => `${layer}.${name}`),
  ]);
  const drafts: ModelDraft[] = [];
  for (const model of files.models) {
    const relation = `${model.layer}.${model.name}`;
    if (inputs.some((input) => input.relation === relation)) {
      const place = { file: model.sql.file };
      found.push(pipelineError(modelErrors, 'model.name-taken', { model: relation }, { place }));
      continue;
    }
    const { draft, found: own } = await draftModel(engine, model, known);
    found.push(...own);
    drafts.push(draft);
  }
  drafts.sort(
    (a, b) =>
      layers.indexOf(a.layer) - layers.indexOf(b.layer) || (a.relation < b.relation ? -1 : 1),
  );
  const ordered = orderDrafts(drafts, found);
  return withScratch(engine, async () => {
    const state: State = { engine, catalogue: new Map(), found };
    for (const input of inputs) {
      await createRelation(engine, input.relation, input.columns);
      state.catalogue.set(input.relation, input.columns);
    }
    const compiled = await compileDrafts(state, ordered);
    const models: Model[] = [];
    for (const draft of compiled) models.push(await finishModel(state, draft, functionsHash));
    const own: Check[] = [];
    for (const check of files.checks) {
      const { value, found: problemsOfCheck } = await readOwnCheck(engine, state.catalogue, check);
      found.push(...problemsOfCheck);
      if (value !== undefined) own.push(value);
    }
    const checks = [...models.flatMap((model) => model.checks), ...own];
    found.push(...repeatedNames(checks));
    const places = new Map(
      compiled.map(({ draft, sidecar }) => [draft.relation, sidecar.placeOf(['touched'])]),
    );
    found.push(...(await touchedProblems(engine, models, { feeds, inputs, places })));
    if (found.length > 0) return problems(found);
    return { kind: 'ok', value: freeze({ models, checks, inputs }) };
  });
};
