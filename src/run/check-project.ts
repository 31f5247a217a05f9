import { join } from 'node:path';
import { type Compiled, type Effects, quoteRelation, sql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { compareParts, createViews, type Lease, openLease, type Snapshot } from '../lake/index.ts';
import type { Check, Model } from '../model/index.ts';
import { builtFromHash } from './build/build-models.ts';
import { checkLedger } from './check/check-ledger.ts';
import { runChecks } from './check/run-checks.ts';
import { testOwnModels } from './check/test-own-models.ts';
import { ledgerRelations } from './ledger/ledger-relations.ts';
import { readFileRow } from './load/file-row.ts';
import { memoryLimitOf } from './memory-limit.ts';
import { openProject, type Project, projectFolders } from './open-project.ts';
import {
  dayPolicyQuery,
  policyQuery,
  runContextQuery,
  studentPolicyQuery,
  yearStartOf,
} from './policy-relations.ts';
import { withoutWrites } from './read-only.ts';
import type { CheckReport, Warning } from './run-report.ts';
import { contractWarnings, laterPolicies, readHeaderChanges } from './warn-project.ts';

export type CheckOptions = {
  readonly projectFolder: string;
  readonly packageFolder: string;
  readonly version: string;
  /** Stop when everything compiles. */
  readonly isCompileOnly: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: string) => void) | undefined;
};

export type ProjectCheck = {
  /** Settings without effect, and contracts that the loaded rows do not show. */
  readonly warnings: readonly Warning[];
  readonly feeds: number;
  readonly models: number;
  /** Tests of the project's own models and checks that passed. */
  readonly tests: number;
  /** The snapshot that was checked; null when only the compiler was asked, or nothing was loaded yet. */
  readonly snapshot: number | null;
  readonly checks: readonly CheckReport[];
  /** Checks of tables that the next run builds anew: today's question does not fit yesterday's table. */
  readonly waiting: readonly string[];
  readonly parts: number;
  /** Parts whose bytes are not what was committed. */
  readonly damaged: readonly string[];
};

/** Relations that a run makes from settings, as they are for this snapshot. */
const provideReferences = async (
  engine: Engine,
  project: Project,
  asOf: string | null,
): Promise<void> => {
  const { policyRows, config } = project;
  const context = {
    asOf,
    timeZone: config.settings.timezone,
    yearStart: yearStartOf(policyRows),
  };
  await engine.execute(sql`create schema if not exists reference`);
  const made = [
    ['reference.run_context', runContextQuery(context)],
    ['reference.policy', policyQuery(policyRows)],
    ['reference.day_policy', dayPolicyQuery(policyRows)],
  ] as const;
  for (const [name, query] of made) {
    await engine.execute(sql`create or replace table ${quoteRelation(name)} as ${query}`);
  }
};

const provided = new Set([
  'reference.run_context',
  'reference.policy',
  'reference.day_policy',
  'reference.student_policy',
]);

/** Every stored relation below these, that a check of today can be asked of. */
const isUpToDate = (project: Project, snapshot: Snapshot) => {
  const models = new Map(project.graph.models.map((model) => [model.relation, model]));
  const isCurrent = (relation: string): boolean => {
    if (provided.has(relation)) return true;
    const stored = snapshot.manifest.relations[relation];
    const model: Model | undefined = models.get(relation);
    if (stored === undefined) return false;
    return model === undefined || stored.builtFrom === builtFromHash(project, model);
  };
  return (check: Check): boolean => check.reads.every(isCurrent);
};

/** What the ledger of the snapshot shows of contracts that were changed, and of headers that no file has. */
const warnOfContracts = async (
  engine: Engine,
  project: Project,
  { manifest }: Snapshot,
): Promise<readonly Warning[]> => {
  const { file, schemaChange } = ledgerRelations;
  if (manifest.relations[file.relation] === undefined) return [];
  const rows = (await engine.rows(sql`select * from meta.file`)).map(readFileRow);
  const isTold = manifest.relations[schemaChange.relation] !== undefined;
  return contractWarnings(project, {
    rows,
    changes: isTold ? await readHeaderChanges(engine) : [],
  });
};

const checkSnapshot = async (
  {
    engine,
    project,
    options,
  }: { readonly engine: Engine; readonly project: Project; readonly options: CheckOptions },
  { snapshot }: Lease,
  effects: Effects,
): Promise<Omit<ProjectCheck, 'feeds' | 'models' | 'tests'>> => {
  const { run, asOf } = snapshot.manifest;
  options.onProgress?.('parts');
  const { parts, damaged } = await compareParts(snapshot, {}, effects);
  const hashed = { parts: parts.length, damaged };
  const unasked = { snapshot: run, warnings: [], checks: [], waiting: [] };
  if (damaged.length > 0) return { ...unasked, ...hashed };
  options.onProgress?.('checks');
  await provideReferences(engine, project, asOf);
  await createViews(engine, snapshot);
  if (snapshot.manifest.relations['silver.dim_student'] !== undefined) {
    await engine.execute(
      sql`create or replace view reference.student_policy as ${studentPolicyQuery(project.policyRows, asOf)}`,
    );
  }
  const isDue = isUpToDate(project, snapshot);
  const models = new Map(project.graph.models.map((model) => [model.relation, model]));
  const checks = await runChecks(
    { engine, models, changes: new Map(), whole: true },
    project.graph.checks.filter(isDue),
  );
  return {
    snapshot: run,
    warnings: await warnOfContracts(engine, project, snapshot),
    checks: [...(await checkLedger(engine, snapshot, project.contracts)), ...checks],
    waiting: project.graph.checks.filter((check) => !isDue(check)).map((check) => check.name),
    ...hashed,
  };
};

const checkWith = async (
  options: CheckOptions,
  { engine, lease }: { readonly engine: Engine; readonly lease: Lease | undefined },
  effects: Effects,
): Promise<Compiled<ProjectCheck>> => {
  const project = await openProject({ ...options, engine }, withoutWrites(effects));
  if (project.kind === 'problems') return project;
  const { contracts, graph } = project.value;
  const { projectFolder } = options;
  const { tests, failed } = await testOwnModels(engine, { graph, projectFolder }, effects);
  if (failed.length > 0) return { kind: 'problems', problems: failed };
  const sizes = { feeds: contracts.length, models: graph.models.length, tests };
  const warnings = laterPolicies(project.value);
  const unasked = { snapshot: null, checks: [], waiting: [], parts: 0, damaged: [] };
  if (lease === undefined) return { kind: 'ok', value: { ...sizes, warnings, ...unasked } };
  const found = await checkSnapshot({ engine, project: project.value, options }, lease, effects);
  return {
    kind: 'ok',
    value: { ...sizes, ...found, warnings: [...warnings, ...found.warnings] },
  };
};

/**
 * Compiles the project and runs the tests of its own models, then asks every check of the current snapshot, in full, and compares every part
 * with its hash. Nothing is changed. Every problem of the project's files is told at once.
 */
export const checkProject = async (
  options: CheckOptions,
  effects: Effects,
): Promise<Compiled<ProjectCheck>> => {
  const folders = projectFolders(options.projectFolder);
  const lease = options.isCompileOnly ? undefined : await openLease(folders.lake, {}, effects);
  const tempFolder = join(folders.temp, lease?.id ?? effects.newId());
  const { signal } = options;
  try {
    const engine = await openDuckDB({
      memoryLimitBytes: await memoryLimitOf({ projectFolder: options.projectFolder }, effects),
      tempFolder,
      signal,
    });
    try {
      return await checkWith(options, { engine, lease }, effects);
    } finally {
      await engine[Symbol.asyncDispose]();
      await effects.fs.removeTree(tempFolder).catch(() => undefined);
    }
  } finally {
    await lease?.[Symbol.asyncDispose]();
  }
};
