import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import { type Draft, heldRows, type RelationDefinition } from '../../lake/index.ts';
import type { Model } from '../../model/index.ts';
import { choosePass, happenedDate } from './choose-pass.ts';
import { buildName } from './create-delta.ts';
import { scopedName, scopeQuery } from './scope-query.ts';
import type { Sizes } from './sizes.ts';

type Writing = {
  readonly engine: Engine;
  readonly draft: Draft;
  readonly lakeFolder: string;
  readonly sizes: Sizes;
};

type WholeModel = {
  readonly model: Model;
  /** The contract of the feed whose staging it reads, if any. */
  readonly contract: Contract | undefined;
  readonly definition: RelationDefinition;
  /** True when what it reads is few rows: then so is what comes of them. */
  readonly isSmall: boolean;
};

/** A model's columns, each cast to its declared type. */
export const typedColumns = (model: Model): Sql =>
  joinSql(
    model.columns.map(
      (column) =>
        sql`cast(${quoteName(column.name)} as ${trustedSql(column.type)}) as ${quoteName(column.name)}`,
    ),
  );

/**
 * The model's query with the staged rows of a feed in the order in which the model is stored: sorting
 * few columns before they are joined costs half of sorting them after. Undefined where the order is not
 * one of staged columns.
 */
const sortedQuery = async (
  engine: Engine,
  model: Model,
  contract: Contract,
): Promise<Sql | undefined> => {
  const names = new Set(contract.columns.map((column) => column.name));
  const order = model.sortBy.map((name) =>
    names.has(name) ? name : name === model.partitionBy ? happenedDate(contract) : undefined,
  );
  if (order.includes(undefined)) return undefined;
  const staged = `staging.${contract.feed}`;
  const view = scopedName(staged);
  await engine.execute(
    sql`create or replace view ${view} as select * from ${quoteRelation(staged)} order by ${joinSql(order.map((name) => quoteName(name ?? '')))}`,
  );
  return scopeQuery(engine, model.sql, new Map([[staged, view]]));
};

/**
 * Writes all rows of a model. What comes of few rows is built in memory and written from there; a model
 * that is partitioned by the date of a large feed, month by month; any other in one pass.
 */
export const writeWhole = async (
  { engine, draft, lakeFolder, sizes }: Writing,
  { model, contract, definition, isSmall }: WholeModel,
): Promise<void> => {
  const rowsOf = (query: Sql): Sql => sql`select ${typedColumns(model)} from (${query})`;
  const own = rowsOf(trustedSql(model.sql));
  if (model.partitionBy === null) {
    await draft.write(definition, own, { isTyped: true });
    return;
  }
  if (isSmall) {
    const held = buildName(model, 'held');
    const sorted = contract === undefined ? undefined : await sortedQuery(engine, model, contract);
    const rows = sorted === undefined ? own : rowsOf(sorted);
    await engine.execute(sql`create or replace table ${held} as ${rows}`);
    await draft.write(definition, sql`select * from ${held}`, {
      pass: { ...heldRows, isSorted: sorted !== undefined },
      isTyped: true,
    });
    await engine.execute(sql`drop table ${held}`);
    return;
  }
  const months =
    contract === undefined
      ? 'once'
      : await choosePass(engine, { draft, contract, lakeFolder, sizes });
  if (contract === undefined || months === 'once') {
    await draft.write(definition, own, { isTyped: true });
    return;
  }
  const sorted = await sortedQuery(engine, model, contract);
  await draft.write(definition, sorted === undefined ? own : rowsOf(sorted), {
    pass: { months, isSorted: sorted !== undefined },
    isTyped: true,
  });
};
