import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type Compiled,
  type Effects,
  isUnspeakablePath,
  pipelineError,
  problems,
  sql,
  trustedSql,
} from '../base/index.ts';
import {
  type Contract,
  type PolicyRow,
  type ProjectConfig,
  type ProjectPolicies,
  projectPolicies,
  readContracts,
  readProjectConfig,
  resolvePolicies,
} from '../contract/index.ts';
import { type Engine, functionsHash } from '../engine/index.ts';
import { bronzeColumnType } from '../ingest/index.ts';
import type { FeedColumns, ModelGraph } from '../model/index.ts';
import { compileModels } from './compile-models.ts';
import { runErrors } from './errors.ts';
import { providedRelations } from './policy-relations.ts';

/** Folders of a project, absolute. */
export type ProjectFolders = {
  readonly project: string;
  readonly data: string;
  readonly archive: string;
  readonly lake: string;
  readonly temp: string;
};

/** A project whose configuration, contracts and models compile. */
export type Project = {
  readonly folders: ProjectFolders;
  readonly config: ProjectConfig;
  readonly contracts: readonly Contract[];
  readonly graph: ModelGraph;
  /** Vocabulary → folded raw word → code. */
  readonly vocabularies: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly policyRows: readonly PolicyRow[];
  readonly policies: ProjectPolicies;
  /** Names the secret that keys are made with; null without one. */
  readonly keyId: string | null;
  /** Hash of the settings that decide what a file loads as, contracts aside. */
  readonly readingHash: string;
};

export type OpenProjectOptions = {
  readonly projectFolder: string;
  /** Folder of the installed program: contracts/ and models/ lie in it. */
  readonly packageFolder: string;
  readonly version: string;
  readonly engine: Engine;
};

/** Where a project keeps its data; nothing is made. */
export const projectFolders = (projectFolder: string): ProjectFolders => {
  const data = join(projectFolder, 'data');
  return {
    project: projectFolder,
    data,
    archive: join(data, 'archive'),
    lake: join(data, 'lake'),
    temp: join(data, 'tmp'),
  };
};

/** What the models may read of each feed, as plain data. */
export const feedColumns = (contracts: readonly Contract[]): readonly FeedColumns[] =>
  contracts.map((contract) => ({
    feed: contract.feed,
    key: contract.key,
    columns: contract.columns.map((column) => ({
      name: column.name,
      type: bronzeColumnType(column),
      privacy: column.privacy,
    })),
  }));

const readVocabularies = async (
  engine: Engine,
  contracts: readonly Contract[],
  graph: ModelGraph,
): Promise<Compiled<Project['vocabularies']>> => {
  const read = new Map<string, ReadonlyMap<string, string>>();
  const found = [];
  for (const contract of contracts) {
    for (const { name, type } of contract.columns) {
      if (type.kind !== 'code' || type.vocabulary === '' || read.has(type.vocabulary)) continue;
      const model = graph.models.find((m) => m.relation === `reference.${type.vocabulary}`);
      if (model === undefined) {
        const facts = { feed: contract.feed, column: name, vocabulary: type.vocabulary };
        found.push(
          pipelineError(runErrors, 'contract.no-vocabulary', facts, { place: contract.place }),
        );
        continue;
      }
      const rows = await engine.rows(
        sql`select raw, code from (${trustedSql(model.sql)}) order by raw`,
      );
      read.set(type.vocabulary, new Map(rows.map((row) => [String(row.raw), String(row.code)])));
    }
  }
  return found.length > 0 ? problems(found) : { kind: 'ok', value: read };
};

const hashReading = (
  config: ProjectConfig,
  vocabularies: Project['vocabularies'],
  policies: ProjectPolicies,
): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        config.settings.timezone,
        [...vocabularies].map(([name, words]) => [name, [...words]]),
        [...policies],
        functionsHash,
      ]),
    )
    .digest('hex');

/** Reads and compiles a project. Every problem of its files is told at once. */
export const openProject = async (
  options: OpenProjectOptions,
  effects: Effects,
): Promise<Compiled<Project>> => {
  const { projectFolder, packageFolder, engine, version } = options;
  if (isUnspeakablePath(projectFolder))
    return problems([pipelineError(runErrors, 'run.folder-name', {})]);
  const config = await readProjectConfig(projectFolder, effects);
  if (config.kind === 'problems') return config;
  const contracts = await readContracts(
    { builtInFolder: join(packageFolder, 'contracts'), projectFolder, config: config.value },
    effects,
  );
  if (contracts.kind === 'problems') return contracts;
  const secret = config.value.settings['privacy.key_secret'];
  if (secret !== null && Buffer.byteLength(secret) < 32) {
    const { file, line } = config.value.source.placeOf(['privacy', 'key_secret']);
    return problems([
      pipelineError(runErrors, 'config.secret-short', {}, { place: { file, line } }),
    ]);
  }
  const keyId = secret === null ? null : await engine.useKeySecret(secret);
  const graph = await compileModels(
    {
      builtInFolder: join(packageFolder, 'models'),
      projectFolder,
      engine,
      feeds: feedColumns(contracts.value),
      provided: providedRelations,
      functionsHash,
      dataFolder: projectFolders(projectFolder).data,
      builtPath: join(packageFolder, 'dist', 'models.json'),
      version,
    },
    effects,
  );
  if (graph.kind === 'problems') return graph;
  const vocabularies = await readVocabularies(engine, contracts.value, graph.value);
  if (vocabularies.kind === 'problems') return vocabularies;
  const policies = projectPolicies(config.value);
  return {
    kind: 'ok',
    value: {
      folders: projectFolders(projectFolder),
      config: config.value,
      contracts: contracts.value,
      graph: graph.value,
      vocabularies: vocabularies.value,
      policyRows: resolvePolicies(config.value),
      policies,
      keyId,
      readingHash: hashReading(config.value, vocabularies.value, policies),
    },
  };
};
