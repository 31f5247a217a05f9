import { joinSql, quoteName, quoteRelation, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { createTable, type Engine } from '../../engine/index.ts';
import { type Draft, heldRows, type RelationDefinition } from '../../lake/index.ts';
import type { Model } from '../../model/index.ts';
import { bronzeParts } from '../load/bronze-relation.ts';
import { extendStaging, stageEverything } from '../stage/stage-feed.ts';
import { type Change, changedAll, changedRows, noChange } from './change.ts';
import { buildName, createDelta } from './create-delta.ts';
import { partRows } from './scope-context.ts';
import {
  createScopedViews,
  type Groups,
  rowsOfGroups,
  sameGroup,
  scopeQuery,
  spanGroups,
} from './scope-query.ts';
import type { Sizes } from './sizes.ts';
import { deltaName, findTouchedGroups, groupsName, storedUpstreams } from './touched-groups.ts';
import { typedColumns, writeWhole } from './write-whole.ts';

export type BuildContext = {
  readonly engine: Engine;
  readonly draft: Draft;
  readonly lakeFolder: string;
  readonly sizes: Sizes;
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Feeds whose staging holds every winner in this run. */
  readonly fullFeeds: Set<string>;
  /** Every model of the project, and those of them that are views, by relation. */
  readonly models: ReadonlyMap<string, Model>;
  readonly views: ReadonlyMap<string, Model>;
  /** Makes `staging.<feed>_inferred` hold every member that only facts name. */
  readonly inferEverything: (contract: Contract) => Promise<void>;
  readonly changes: Map<string, Change>;
  /** The run that each relation was last built in, before this one. */
  readonly builtIn: ReadonlyMap<string, number>;
};

export const relationDefinition = (model: Model, builtFrom: string): RelationDefinition => ({
  name: model.relation,
  columns: model.columns.map(({ name, type, privacy }) => ({ name, type, privacy })),
  key: model.key,
  partitionBy: model.partitionBy,
  sortBy: model.sortBy,
  policy: model.policy,
  builtFrom,
});

/** Makes the relation's draft state readable under its own name. */
const publishView = async ({ engine, draft }: BuildContext, model: Model): Promise<void> =>
  engine.execute(
    sql`create or replace view ${quoteRelation(model.relation)} as ${draft.query(model.relation)}`,
  );

/** A relation that was not looked at still has an empty delta, so that `touched` queries bind. */
export const createEmptyDelta = async (engine: Engine, model: Model): Promise<void> => {
  const nulls = model.columns.map(
    ({ name, type }) => sql`cast(null as ${trustedSql(type)}) as ${quoteName(name)}`,
  );
  await engine.execute(
    sql`create or replace view ${deltaName(model.relation)} as select ${joinSql(nulls)} where false`,
  );
};

const storedRows = (context: BuildContext, model: Model): number =>
  partRows(context, model.relation);

/** The contracts of the feeds whose staging a model reads. */
const stagedContracts = (context: BuildContext, model: Model): readonly Contract[] => [
  ...new Set(
    model.reads.flatMap((relation) => {
      const feed = /^staging\.(.+?)(?:_versions|_inferred)?$/.exec(relation)?.[1];
      const contract = feed === undefined ? undefined : context.contracts.get(feed);
      return contract === undefined ? [] : [contract];
    }),
  ),
];

/** How many rows lie in what a model reads, staged feeds by their bronze. */
const rowsBelow = (context: BuildContext, model: Model): number =>
  [
    ...storedUpstreams(model, context.views),
    ...stagedContracts(context, model).map((contract) => bronzeParts(contract.feed)),
  ].reduce((sum, relation) => sum + partRows(context, relation), 0);

/** A model that is built whole must see every winner, not only those that this run applies. */
const stageWhole = async (context: BuildContext, model: Model): Promise<void> => {
  for (const contract of stagedContracts(context, model)) {
    if (context.fullFeeds.has(contract.feed)) continue;
    await stageEverything(context.engine, contract);
    await context.inferEverything(contract);
    context.fullFeeds.add(contract.feed);
  }
};

const buildWhole = async (
  context: BuildContext,
  model: Model,
  builtFrom: string,
): Promise<Change> => {
  const { engine, draft } = context;
  await stageWhole(context, model);
  const query = sql`select ${typedColumns(model)} from (${trustedSql(model.sql)})`;
  const previous = draft.relation(model.relation);
  const sameShape =
    previous?.kind === 'parts' &&
    JSON.stringify(previous.columns) ===
      JSON.stringify(relationDefinition(model, builtFrom).columns);
  if (!sameShape || storedRows(context, model) > context.sizes.compared) {
    const [contract] = stagedContracts(context, model);
    await writeWhole(context, {
      model,
      contract,
      definition: relationDefinition(model, builtFrom),
      isSmall: rowsBelow(context, model) <= context.sizes.many,
    });
    await publishView(context, model);
    await createEmptyDelta(engine, model);
    return changedAll;
  }
  const after = buildName(model, 'after');
  const rows = await createTable(engine, after, query);
  await publishView(context, model);
  const { removed, added } = await createDelta(engine, model, {
    before: quoteRelation(model.relation),
    after,
    counts: { before: storedRows(context, model), after: rows },
  });
  if (removed + added === 0) return noChange;
  await draft.write(relationDefinition(model, builtFrom), sql`select * from ${after}`, {
    pass: heldRows,
    isTyped: true,
  });
  await publishView(context, model);
  return changedRows(removed + added);
};

/** Rows of touched groups are asked of staging too, beyond the keys that the run's files touch. */
const extendStagingFor = async (
  context: BuildContext,
  model: Model,
  by: readonly string[],
): Promise<void> => {
  for (const contract of stagedContracts(context, model)) {
    if (context.fullFeeds.has(contract.feed)) continue;
    if (contract.key.join() !== by.join()) continue;
    await extendStaging(context.engine, contract, groupsName(model));
  }
};

const applyGroups = async (
  context: BuildContext,
  model: Model,
  { builtFrom, hasRemoved }: { readonly builtFrom: string; readonly hasRemoved: boolean },
): Promise<void> => {
  const { engine, draft } = context;
  const removed = buildName(model, 'removed');
  const added = buildName(model, 'added');
  const spec = relationDefinition(model, builtFrom);
  const stored = quoteRelation(model.relation);
  const key = joinSql(model.key.map(quoteName));
  if (storedRows(context, model) <= context.sizes.few) {
    const kept = sql`select r.* from ${stored} as r anti join ${removed} as d on ${sameGroup(model.key, sql`r`, sql`d`)}`;
    const whole = buildName(model, 'whole');
    await createTable(engine, whole, sql`${kept} union all by name select * from ${added}`);
    await draft.write(spec, sql`select * from ${whole}`, { pass: heldRows, isTyped: true });
  } else if (!hasRemoved) {
    await draft.append(spec, sql`select * from ${added}`, { pass: heldRows, isTyped: true });
  } else {
    await draft.replaceRows(spec, {
      keys: sql`select ${key} from ${removed}`,
      insert: sql`select * from ${added}`,
      pass: heldRows,
      isTyped: true,
    });
  }
};

/**
 * The groups that the stored relation has rows of. In a large one they are looked for first: what they
 * span is then far less than what all groups span, as most of a day's are new.
 */
const findPresent = async (context: BuildContext, model: Model, span: Groups): Promise<Groups> => {
  if (storedRows(context, model) <= context.sizes.many) return span;
  const present = buildName(model, 'present');
  const columns = joinSql(span.by.map(quoteName));
  const rows = await rowsOfGroups(context, model.relation, span);
  await createTable(context.engine, present, sql`select distinct ${columns} from (${rows})`);
  return spanGroups(context.engine, span.by, present);
};

const buildGroups = async (
  context: BuildContext,
  model: Model,
  { by, builtFrom }: { readonly by: readonly string[]; readonly builtFrom: string },
): Promise<Change> => {
  const { engine } = context;
  await extendStagingFor(context, model, by);
  const span = await spanGroups(engine, by, groupsName(model));
  const scoped = await createScopedViews(context, model.reads, span);
  const query = await scopeQuery(engine, model.sql, scoped);
  const after = buildName(model, 'after');
  const rowsAfter = await createTable(
    engine,
    after,
    sql`select ${typedColumns(model)} from (${query})`,
  );
  const before = buildName(model, 'before');
  const known = await findPresent(context, model, span);
  const rowsBefore = await createTable(
    engine,
    before,
    await rowsOfGroups(context, model.relation, known),
  );
  const counts = { before: rowsBefore, after: rowsAfter };
  const { removed, added } = await createDelta(engine, model, { before, after, counts });
  if (removed + added === 0) return noChange;
  await applyGroups(context, model, { builtFrom, hasRemoved: removed > 0 });
  await publishView(context, model);
  return changedRows(removed + added);
};

/**
 * True when a relation that the model reads was built in a later run than the model: a run that
 * stopped at an earlier layer, or took in some feeds only, left it behind.
 */
export const isOlderThanUpstream = (
  model: Model,
  builtIn: ReadonlyMap<string, number>,
  views: ReadonlyMap<string, Model>,
): boolean => {
  const own = builtIn.get(model.relation);
  return (
    own !== undefined &&
    model.refresh.kind !== 'view' &&
    storedUpstreams(model, views).some((relation) => (builtIn.get(relation) ?? 0) > own)
  );
};

const putView = async (
  { engine, draft }: BuildContext,
  model: Model,
  builtFrom: string,
): Promise<void> => {
  const { name, columns, key, policy } = relationDefinition(model, builtFrom);
  draft.putView({ name, columns, key, policy, builtFrom, sql: model.sql, reads: model.reads });
  await engine.execute(
    sql`create or replace view ${quoteRelation(model.relation)} as ${trustedSql(model.sql)}`,
  );
};

/** Builds a model some of whose upstreams changed: by groups where these can be told. */
const buildTouched = async (
  context: BuildContext,
  model: Model,
  builtFrom: string,
): Promise<Change> => {
  if (model.refresh.kind !== 'by') return buildWhole(context, model, builtFrom);
  const by = model.refresh.columns;
  // Staging holds this run's keys; of a group by anything else it would lack rows.
  const lacksRows = stagedContracts(context, model).some(
    ({ feed, key }) => !context.fullFeeds.has(feed) && key.join() !== by.join(),
  );
  const touched = lacksRows ? 'full' : await findTouchedGroups(context, model);
  if (touched === 'full') return buildWhole(context, model, builtFrom);
  if (touched > 0) return buildGroups(context, model, { by, builtFrom });
  await createEmptyDelta(context.engine, model);
  return noChange;
};

/**
 * Brings one model up to date in the draft and says what changed. Whole when it must be, by touched
 * groups where that is enough, not at all when nothing it reads changed.
 */
export const buildModel = async (
  context: BuildContext,
  model: Model,
  builtFrom: string,
): Promise<Change> => {
  const { engine, draft, changes, views } = context;
  if (model.refresh.kind === 'view') {
    await putView(context, model, builtFrom);
    return noChange;
  }
  const previous = draft.relation(model.relation);
  const isStale =
    previous?.kind !== 'parts' ||
    previous.builtFrom !== builtFrom ||
    isOlderThanUpstream(model, context.builtIn, views);
  const upstreamChanged = storedUpstreams(model, views).some(
    (relation) => (changes.get(relation)?.kind ?? 'none') !== 'none',
  );
  if (!isStale) await publishView(context, model);
  if (!isStale && !upstreamChanged) {
    // An upstream that was looked at and stayed as it was counts as older no more than this one.
    const looked = storedUpstreams(model, views).some(
      (relation) => (draft.relation(relation)?.builtIn ?? 0) > previous.builtIn,
    );
    if (looked) draft.markBuilt(model.relation, builtFrom);
    await createEmptyDelta(engine, model);
    return noChange;
  }
  const change = isStale
    ? await buildWhole(context, model, builtFrom)
    : await buildTouched(context, model, builtFrom);
  // Also where the rows stayed the same: without the mark the model would be behind for ever.
  draft.markBuilt(model.relation, builtFrom);
  return change;
};
