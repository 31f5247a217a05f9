import { joinSql, quoteName, quoteRelation, type Sql, sql, trustedSql } from '../../base/index.ts';
import { type Contract, studentFeed } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  bronzeColumns,
  bronzePositions,
  bronzeViewColumns,
  bronzeViewQuery,
} from '../../ingest/index.ts';
import type { Draft, LakeColumn, Part, RelationDefinition, Snapshot } from '../../lake/index.ts';
import type { LoadedFile } from './load-context.ts';

/** Where a feed's rows are stored, refused and blank ones included; `bronze.<feed>` shows the accepted. */
export const bronzeParts = (feed: string): string => `bronze_parts.${feed}`;

/** The stored columns that came from files: they stand behind those that tell where a row is from. */
const storedAdded = (lake: Pick<Draft, 'relation'> | Snapshot, feed: string): readonly string[] => {
  const name = bronzeParts(feed);
  const stored = 'manifest' in lake ? lake.manifest.relations[name] : lake.relation(name);
  if (stored?.kind !== 'parts') return [];
  const lastOwn = stored.columns.findLastIndex((column) => column.name.startsWith('_'));
  return stored.columns.slice(lastOwn + 1).map((column) => column.name);
};

/** Columns that files of a feed brought and its contract lacks, by name. */
export const addedColumns = (
  lake: Pick<Draft, 'relation'> | Snapshot,
  { feed, columns }: Contract,
): readonly string[] => {
  const own = new Set(columns.map((column) => column.name));
  return storedAdded(lake, feed).filter((name) => !own.has(name));
};

/** How a feed's rows are stored: with every column that a file brought so far, and `added` ones. */
export const bronzeDefinition = (
  draft: Pick<Draft, 'relation'>,
  contract: Contract,
  added: readonly string[] = [],
): RelationDefinition => ({
  name: bronzeParts(contract.feed),
  // Sorted: the order in which files arrive does not count.
  columns: bronzeColumns(
    contract,
    [...new Set([...addedColumns(draft, contract), ...added])].sort(),
  ),
  key: ['_file_id'],
  partitionBy: '_received_on',
  sortBy: [],
  policy: 'ops',
  builtFrom: contract.hash,
  materialise: bronzePositions,
});

const noRows = (columns: readonly LakeColumn[]): Sql => {
  const nulls = columns.map(
    ({ name, type }) => sql`cast(null as ${trustedSql(type)}) as ${quoteName(name)}`,
  );
  return sql`select ${joinSql(nulls)} where false`;
};

/**
 * Forgets the text of added columns that the contract has by now, with a type of its own: what was never
 * read by that type reads null, as in a file that lacks the column, until a full refresh.
 */
const forgetOutgrown = async (draft: Draft, contract: Contract): Promise<void> => {
  const added = storedAdded(draft, contract.feed);
  const outgrown = contract.columns
    .filter(({ name, type }) => type.kind !== 'text' && added.includes(name))
    .map((column) => column.name);
  const stored = draft.relation(bronzeParts(contract.feed));
  if (outgrown.length === 0 || stored?.kind !== 'parts') return;
  const columns = stored.columns.filter((column) => !outgrown.includes(column.name));
  const definition = { ...bronzeDefinition(draft, contract), columns };
  await draft.append(definition, noRows(columns), { partition: 'none' });
};

/** Adds rows of one file to bronze: a query with the contract's columns and those that the file added. */
export const appendBronze = async (
  draft: Draft,
  { contract, context, row }: Pick<LoadedFile, 'contract' | 'context' | 'row'>,
  query: Sql,
): Promise<readonly Part[]> => {
  await forgetOutgrown(draft, contract);
  const added = context.drift.added.map((column) => column.name);
  const lacking = addedColumns(draft, contract).filter((name) => !added.includes(name));
  const nulls = lacking.map((name) => sql`cast(null as varchar) as ${quoteName(name)}`);
  const whole = lacking.length === 0 ? query : sql`select *, ${joinSql(nulls)} from (${query})`;
  const partition = row.received_on.slice(0, 7);
  return draft.append(bronzeDefinition(draft, contract, added), whole, { partition });
};

/** Puts `bronze.<feed>` into the draft and makes it readable; an empty one when nothing was ever loaded. */
export const publishBronze = async (
  engine: Engine,
  draft: Draft,
  contract: Contract,
): Promise<void> => {
  await forgetOutgrown(draft, contract);
  const parts = bronzeParts(contract.feed);
  const stored = draft.relation(parts);
  const definition = bronzeDefinition(draft, contract);
  const isCurrent =
    stored?.kind === 'parts' &&
    definition.columns.every((column) =>
      stored.columns.some((known) => known.name === column.name),
    );
  if (!isCurrent) await draft.append(definition, noRows(definition.columns), { partition: 'none' });
  const name = `bronze.${contract.feed}`;
  const added = addedColumns(draft, contract);
  const view = bronzeViewQuery(contract, quoteRelation(parts), added);
  draft.putView({
    name,
    columns: bronzeViewColumns(contract, added),
    key: [],
    policy:
      contract.relationships.length > 0 || contract.feed === studentFeed ? 'student' : 'school',
    builtFrom: contract.hash,
    sql: view,
    reads: [parts],
  });
  await engine.execute(
    sql`create or replace view ${quoteRelation(parts)} as ${draft.query(parts)}`,
  );
  await engine.execute(sql`create or replace view ${quoteRelation(name)} as ${view}`);
};
