import { dirname, join, resolve } from 'node:path';
import { type Effects, pipelineError, type Sql } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { adoptDefinition, entryOf } from './adopt-definition.ts';
import { type CommitFacts, commitDraft, draftManifest } from './commit.ts';
import { type CompactedPartition, type CompactOptions, compactPartitions } from './compact.ts';
import type { DraftContext, RelationDefinition } from './draft-context.ts';
import { lakeErrors } from './errors.ts';
import { guardDisk } from './guard-disk.ts';
import { draftsFolder, isRelationName, manifestName } from './layout.ts';
import type { LakeColumn, LakeRelation, Manifest, Part } from './manifest.ts';
import { type NarrowOptions, narrowQuery } from './narrow-query.ts';
import { readCurrent, type Snapshot } from './read-snapshot.ts';
import { entryQuery } from './relation-query.ts';
import { removeRows } from './replace-rows.ts';
import { type WriteOptions, writeRows } from './write-rows.ts';

export type ViewDefinition = {
  readonly name: string;
  readonly columns: readonly LakeColumn[];
  readonly key: readonly string[];
  readonly policy: string;
  readonly builtFrom: string;
  /** One portable select; its relations, schema-qualified, are `reads`. */
  readonly sql: string;
  readonly reads: readonly string[];
};

/**
 * What one run is about to change. Nothing of it is visible before `commit`; closed without a commit,
 * everything it wrote is removed. One call at a time.
 */
export type Draft = {
  readonly run: number;
  /** Replaces all rows of a relation; returns its parts. */
  readonly write: (
    relation: RelationDefinition,
    query: Sql,
    options?: WriteOptions,
  ) => Promise<readonly Part[]>;
  /** Adds rows in new parts; returns these. */
  readonly append: (
    relation: RelationDefinition,
    query: Sql,
    options?: WriteOptions,
  ) => Promise<readonly Part[]>;
  /**
   * Takes out the rows whose key columns are among those of `keys` (null meets null), adds those of
   * `insert`. Both may read the relation as it was. Parts without such rows stay. Returns new parts only.
   */
  readonly replaceRows: (
    relation: RelationDefinition,
    change: { readonly keys: Sql; readonly insert: Sql } & Pick<WriteOptions, 'pass' | 'isTyped'>,
  ) => Promise<readonly Part[]>;
  readonly putView: (view: ViewDefinition) => void;
  readonly drop: (name: string) => void;
  /** Makes a relation again what it was when the draft was opened. */
  readonly revert: (name: string) => void;
  /** Records that this run looked at a relation and that it is what `builtFrom` gives. */
  readonly markBuilt: (name: string, builtFrom: string) => void;
  readonly relation: (name: string) => LakeRelation | undefined;
  readonly names: () => readonly string[];
  /** A select of a relation as the draft has it; throws `lake.unknown-relation`. */
  readonly query: (name: string) => Sql;
  /** The same, without rows whose column can be none of some keys (see `narrowQuery`). */
  readonly narrowed: (name: string, options: NarrowOptions) => Promise<Sql>;
  /** The draft as readers would see it, for `createViews`. */
  readonly snapshot: () => Snapshot;
  readonly compact: (options: CompactOptions) => Promise<readonly CompactedPartition[]>;
  readonly commit: (facts: CommitFacts) => Promise<Manifest>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type DraftOptions = {
  /** From `nextRun`: never used before. */
  readonly run: number;
  readonly base: Snapshot | undefined;
  readonly engine: Engine;
  /** The writer's lock: looked at again before `current` moves. */
  readonly lock?: { readonly verify: () => Promise<void> } | undefined;
};

type State = { committed: boolean; closed: boolean };

/** Removes parts that the draft wrote and nobody names. A failure is left to the next run's sweep. */
const removeParts = async (
  { lakeFolder, effects }: DraftContext,
  paths: Iterable<string>,
): Promise<void> => {
  for (const path of paths) {
    await effects.fs
      .unlink(join(lakeFolder, path))
      .catch(() => effects.log.debug('lake.part-not-removed', { part: path }));
  }
};

const partPaths = (entries: Iterable<LakeRelation>): ReadonlySet<string> =>
  new Set(
    [...entries].flatMap((entry) =>
      entry.kind === 'parts' ? entry.parts.map((part) => part.path) : [],
    ),
  );

const closeDraft = async (context: DraftContext, state: State): Promise<void> => {
  if (state.closed) return;
  state.closed = true;
  const { effects, lakeFolder, run, written, relations } = context;
  const quiet = (action: Promise<void>): Promise<void> =>
    action.catch(() => effects.log.debug('lake.draft-not-removed', { run }));
  const named = state.committed ? partPaths(relations.values()) : new Set<string>();
  if (!state.committed) {
    await quiet(effects.fs.unlink(join(lakeFolder, manifestName(run))));
    await quiet(effects.fs.unlink(join(lakeFolder, `current.${effects.process.pid}`)));
  }
  await removeParts(
    context,
    [...written].filter((path) => !named.has(path)),
  );
  await quiet(effects.fs.removeTree(join(lakeFolder, draftsFolder, String(run))));
};

const checkName = (name: string): void => {
  if (isRelationName(name)) return;
  const problems = 'the name is not schema.name in lower case';
  throw pipelineError(lakeErrors, 'lake.columns', { relation: name, problems });
};

type Writers = Pick<Draft, 'write' | 'append' | 'replaceRows'>;

/** The three ways rows get into a draft. */
const openWriters = (context: DraftContext): Writers => {
  const write: Draft['write'] = async (definition, query, options = {}) => {
    checkName(definition.name);
    const stored = await writeRows(context, definition, query, options);
    context.relations.set(definition.name, entryOf(context, definition, stored));
    return stored.parts;
  };
  const append: Draft['append'] = async (definition, query, options = {}) => {
    checkName(definition.name);
    const entry = await adoptDefinition(context, definition);
    const { parts } = await writeRows(context, definition, query, options);
    context.relations.set(definition.name, { ...entry, parts: [...entry.parts, ...parts] });
    return parts;
  };
  const replaceRows: Draft['replaceRows'] = async (definition, { keys, insert, ...options }) => {
    checkName(definition.name);
    const entry = await adoptDefinition(context, definition);
    const before = new Set(entry.parts.map((part) => part.path));
    const inserted = await writeRows(context, definition, insert, options);
    const kept = await removeRows(context, { name: definition.name, entry }, keys);
    context.relations.set(definition.name, { ...entry, parts: [...kept, ...inserted.parts] });
    return [...kept.filter((part) => !before.has(part.path)), ...inserted.parts];
  };
  return { write, append, replaceRows };
};

type Editors = Pick<Draft, 'putView' | 'drop' | 'revert' | 'markBuilt'>;

/** Changes of the draft that write no file. */
const openEditors = ({ relations, base, run }: DraftContext): Editors => ({
  putView: (view) => {
    checkName(view.name);
    const { name, ...facts } = view;
    relations.set(name, { kind: 'view', ...facts, builtIn: run });
  },
  drop: (name) => {
    relations.delete(name);
  },
  revert: (name) => {
    const entry = base?.manifest.relations[name];
    if (entry === undefined) relations.delete(name);
    else relations.set(name, entry);
  },
  markBuilt: (name, builtFrom) => {
    const entry = relations.get(name);
    if (entry !== undefined) relations.set(name, { ...entry, builtFrom, builtIn: run });
  },
});

/** The context of a new draft, its draft folder made: a folder that cannot be written is told here. */
const prepare = async (
  lakeFolder: string,
  { run, base, engine }: DraftOptions,
  effects: Effects,
): Promise<DraftContext> => {
  const unsynced = new Set<string>();
  const folder = join(lakeFolder, draftsFolder, String(run));
  await guardDisk({ act: 'write', path: folder }, effects, async () => {
    const made = await effects.fs.makeFolder(folder);
    if (made === undefined) return;
    for (let at = lakeFolder; at.length >= made.length; at = dirname(at)) unsynced.add(at);
    unsynced.add(dirname(made));
  });
  const relations = new Map(Object.entries(base?.manifest.relations ?? {}));
  const counters = new Map<string, number>();
  const written = new Set<string>();
  return { lakeFolder, run, base, engine, effects, relations, written, unsynced, counters };
};

/** Opens a draft on top of `base` (undefined: an empty lake). The caller holds the writer's lock. */
export const openDraft = async (
  folder: string,
  options: DraftOptions,
  effects: Effects,
): Promise<Draft> => {
  const lakeFolder = resolve(folder);
  // A bug of the caller, and a dear one: closing such a draft would remove the manifest of its base.
  if (options.base !== undefined && options.run <= options.base.manifest.run)
    throw new Error(`run ${options.run} is not newer than its base`);
  const currentText = (await readCurrent(lakeFolder, effects))?.text;
  const context = await prepare(lakeFolder, options, effects);
  const state: State = { committed: false, closed: false };
  const unsaid = { asOf: null, kind: 'data', complete: false } as const;
  const snapshot = (): Snapshot => {
    const committedAt = effects.now().toISOString();
    return {
      manifest: draftManifest(context, { ...unsaid, committedAt }),
      lakeFolder,
      warnings: [],
    };
  };
  const find = (relation: string): LakeRelation => {
    const entry = context.relations.get(relation);
    if (entry !== undefined) return entry;
    throw pipelineError(lakeErrors, 'lake.unknown-relation', { relation, run: options.run });
  };
  const verifyLock = options.lock?.verify ?? (async () => undefined);
  return {
    run: options.run,
    ...openWriters(context),
    ...openEditors(context),
    relation: (name) => context.relations.get(name),
    names: () => [...context.relations.keys()].sort(),
    query: (relation) => entryQuery(lakeFolder, find(relation)),
    narrowed: async (relation, narrow) => {
      const entry = find(relation);
      return entry.kind === 'parts'
        ? narrowQuery(context.engine, { lakeFolder, entry }, narrow)
        : entryQuery(lakeFolder, entry);
    },
    snapshot,
    compact: (limits) => compactPartitions(context, limits),
    commit: async (facts) => {
      const onVisible = (): void => {
        state.committed = true;
      };
      const guard = { currentText, verifyLock, onVisible };
      const manifest = await commitDraft(context, facts, guard);
      await closeDraft(context, state);
      return manifest;
    },
    [Symbol.asyncDispose]: () => closeDraft(context, state),
  };
};
