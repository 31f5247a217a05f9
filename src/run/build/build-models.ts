import { createHash } from 'node:crypto';
import { type Effects, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import { createTable, type Engine } from '../../engine/index.ts';
import type { Model } from '../../model/index.ts';
import { naming } from '../explain-failure.ts';
import type { Project } from '../open-project.ts';
import {
  dayPolicyQuery,
  policyQuery,
  runContextQuery,
  studentPolicyQuery,
  yearStartOf,
} from '../policy-relations.ts';
import type { ModelReport, ProgressEvent } from '../run-report.ts';
import { type BuildContext, buildModel } from './build-model.ts';
import { changedAll, noChange } from './change.ts';
import { partRows } from './scope-context.ts';

export type Until = 'bronze' | 'silver' | 'gold';

export type BuildRequest = {
  readonly project: Project;
  readonly context: BuildContext;
  /** The date that `--as-of` gives, else it is found in the facts once they stand. */
  readonly asOf: string | undefined;
  /** As-of of the snapshot below: when it moves, models that read it are built whole. */
  readonly previousAsOf: string | null | undefined;
  readonly until: Until;
  /** Feeds that may not be touched in this run (`--only` others): what reads them waits. */
  readonly isWaiting: (model: Model) => boolean;
  readonly onProgress: (event: ProgressEvent) => void;
};

export type BuildReport = {
  readonly models: readonly ModelReport[];
  readonly asOf: string | null;
};

const policyRelations = new Set([
  'reference.policy',
  'reference.student_policy',
  'reference.day_policy',
]);

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\u0000')).digest('hex');

/**
 * What a model is built from: its own hash, the rows of policies it reads, the words of references, and what
 * the views it reads are made from.
 */
export const builtFromHash = (project: Project, model: Model): string => {
  const readsPolicy = model.reads.some((relation) => policyRelations.has(relation));
  const references = model.reads.flatMap((relation) => {
    const read = project.graph.models.find((other) => other.relation === relation);
    if (read?.refresh.kind === 'view') return [builtFromHash(project, read)];
    return relation.startsWith('reference.') ? [read?.hash ?? ''] : [];
  });
  return hash(
    model.hash,
    project.config.settings.timezone,
    project.keyId ?? '',
    ...references,
    readsPolicy ? JSON.stringify(project.policyRows.map(({ source: _, ...row }) => row)) : '',
  );
};

const createView = (engine: Engine, relation: string, query: Sql): Promise<void> =>
  engine.execute(sql`create or replace view ${quoteRelation(relation)} as ${query}`);

/** The latest date of something that happened, over the columns that sidecars mark so. */
export const findAsOf = async (
  engine: Engine,
  models: readonly Model[],
): Promise<string | null> => {
  const sources = models.flatMap((model) =>
    model.columns
      .filter((column) => column.happened)
      .map(
        (column) =>
          sql`select max(cast(${trustedSql(`"${column.name}"`)} as date)) as day from ${quoteRelation(model.relation)}`,
      ),
  );
  if (sources.length === 0) return null;
  const [row] = await engine.rows(
    sql`select cast(max(day) as varchar) as day from (${trustedSql(sources.join(' union all '))})`,
  );
  return row?.day === null || row?.day === undefined ? null : String(row.day);
};

type Progress = { asOf: string | null | undefined };

const prepareContext = async (request: BuildRequest, progress: Progress): Promise<void> => {
  const { project, context } = request;
  const { engine, changes } = context;
  if (progress.asOf === undefined) {
    const built = project.graph.models.filter((model) => changes.has(model.relation));
    progress.asOf = request.asOf ?? (await findAsOf(engine, built));
  }
  await createTable(
    engine,
    quoteRelation('reference.run_context'),
    runContextQuery({
      asOf: progress.asOf,
      timeZone: project.config.settings.timezone,
      yearStart: yearStartOf(project.policyRows),
    }),
  );
  const moved = request.previousAsOf === undefined || request.previousAsOf !== progress.asOf;
  changes.set('reference.run_context', moved ? changedAll : noChange);
};

/** Makes what a model reads from the run itself, just before it is needed. */
const provide = async (request: BuildRequest, model: Model, progress: Progress): Promise<void> => {
  const { project, context } = request;
  const { engine, changes } = context;
  if (model.reads.includes('reference.run_context')) await prepareContext(request, progress);
  if (model.reads.includes('reference.student_policy')) {
    await prepareContext(request, progress);
    await createView(
      engine,
      'reference.student_policy',
      studentPolicyQuery(project.policyRows, progress.asOf ?? null),
    );
    // It follows the student, whose changes `storedUpstreams` adds; and the day, where a policy has one.
    const isDated = project.policyRows.some(
      (row) => row.effective_from !== null || row.effective_to !== null,
    );
    const moved = changes.get('reference.run_context')?.kind === 'all';
    changes.set('reference.student_policy', isDated && moved ? changedAll : noChange);
  }
};

const layerOrder = { reference: 0, silver: 1, gold: 2, compat: 2 } as const;
const lastLayer = { bronze: 0, silver: 1, gold: 2 } as const;

const isWithin = (model: Model, until: Until): boolean =>
  (layerOrder[model.schema as keyof typeof layerOrder] ?? 2) <= lastLayer[until];

/** Leaves a relation as it was, readable and without changes. */
const leaveAsItWas = async (context: BuildContext, model: Model): Promise<void> => {
  if (context.draft.relation(model.relation) === undefined) return;
  await createView(context.engine, model.relation, context.draft.query(model.relation));
  context.changes.set(model.relation, noChange);
};

/**
 * Builds every model that is behind, in order, into the draft. What is not looked at stays as it was.
 * Needs staging, bronze views and the policies' relations.
 */
export const buildModels = async (
  request: BuildRequest,
  effects: Pick<Effects, 'now' | 'point'>,
): Promise<BuildReport> => {
  const { project, context, until } = request;
  const { engine, changes } = context;
  const progress: Progress = { asOf: request.asOf };
  await createTable(engine, quoteRelation('reference.policy'), policyQuery(project.policyRows));
  await createTable(
    engine,
    quoteRelation('reference.day_policy'),
    dayPolicyQuery(project.policyRows),
  );
  changes.set('reference.policy', noChange);
  changes.set('reference.day_policy', noChange);
  const reports: ModelReport[] = [];
  const models = project.graph.models;
  for (const [index, model] of models.entries()) {
    if (!isWithin(model, until) || request.isWaiting(model)) {
      await leaveAsItWas(context, model);
      continue;
    }
    request.onProgress({ kind: 'model', name: model.relation, index, count: models.length });
    const started = effects.now().getTime();
    await provide(request, model, progress);
    const change = await naming({ name: model.relation, place: model.place }, () =>
      buildModel(context, model, builtFromHash(project, model)),
    );
    changes.set(model.relation, change);
    if (model.refresh.kind === 'view') continue;
    await effects.point(model.schema === 'gold' ? 'gold.built' : 'silver.built');
    if (change.kind === 'none') continue;
    request.onProgress({
      kind: 'rows',
      name: model.relation,
      rows: partRows(context, model.relation),
    });
    reports.push({
      name: model.relation,
      rows: partRows(context, model.relation),
      changed: change.kind === 'rows' ? change.changed : null,
      seconds: (effects.now().getTime() - started) / 1000,
    });
  }
  if (progress.asOf === undefined) await prepareContext(request, progress);
  return { models: reports, asOf: progress.asOf ?? null };
};
