import { quoteRelation, type Sql, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  bronzeColumns,
  bronzePositions,
  bronzeViewColumns,
  bronzeViewQuery,
} from '../../ingest/index.ts';
import type { Draft, RelationDefinition } from '../../lake/index.ts';

/** Where a feed's rows are stored, refused and blank ones included; `bronze.<feed>` shows the accepted. */
export const bronzeParts = (feed: string): string => `bronze_parts.${feed}`;

export const bronzeDefinition = (contract: Contract): RelationDefinition => ({
  name: bronzeParts(contract.feed),
  columns: bronzeColumns(contract),
  key: ['_file_id'],
  partitionBy: '_received_on',
  sortBy: [],
  policy: 'ops',
  builtFrom: contract.hash,
  materialise: bronzePositions,
});

/** Puts `bronze.<feed>` into the draft and makes it readable; an empty one when nothing was ever loaded. */
export const publishBronze = async (
  engine: Engine,
  draft: Draft,
  contract: Contract,
): Promise<void> => {
  const parts = bronzeParts(contract.feed);
  const stored = draft.relation(parts);
  const definition = bronzeDefinition(contract);
  const isCurrent =
    stored?.kind === 'parts' &&
    definition.columns.every((column) =>
      stored.columns.some((known) => known.name === column.name),
    );
  if (!isCurrent) {
    const empty = definition.columns
      .map((column) => `cast(null as ${column.type}) as "${column.name}"`)
      .join(', ');
    await draft.append(definition, sql`select ${empty as Sql} where false`, { partition: 'none' });
  }
  const name = `bronze.${contract.feed}`;
  const view = bronzeViewQuery(contract, quoteRelation(parts));
  draft.putView({
    name,
    columns: bronzeViewColumns(contract),
    key: [],
    policy:
      contract.relationships.length > 0 || contract.feed === 'students' ? 'student' : 'school',
    builtFrom: contract.hash,
    sql: view,
    reads: [parts],
  });
  await engine.execute(
    sql`create or replace view ${quoteRelation(parts)} as ${draft.query(parts)}`,
  );
  await engine.execute(sql`create or replace view ${quoteRelation(name)} as ${view}`);
};
