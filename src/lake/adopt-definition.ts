import { joinSql, quoteName, type Sql, sql, trustedSql } from '../base/index.ts';
import { storedColumns } from './cast-query.ts';
import type { DraftContext, RelationDefinition } from './draft-context.ts';
import type { LakeColumn, Part, PartsRelation } from './manifest.ts';
import { entryQuery } from './relation-query.ts';
import { widensType } from './widens-type.ts';
import { writeRows } from './write-rows.ts';

/** The entry that a definition has with these columns and parts. */
export const entryOf = (
  context: DraftContext,
  definition: RelationDefinition,
  stored: Pick<PartsRelation, 'columns' | 'parts' | 'mixed'>,
): PartsRelation => ({
  kind: 'parts',
  columns: stored.columns,
  key: definition.key,
  policy: definition.policy,
  builtFrom: definition.builtFrom,
  builtIn: context.run,
  partitionBy: definition.partitionBy,
  sortBy: definition.sortBy,
  ...(definition.materialise === undefined ? {} : { materialise: definition.materialise }),
  ...(stored.mixed === true ? { mixed: true } : {}),
  parts: stored.parts,
});

/** The rows of an entry under new columns: cast where both have the name, null where it is new. */
const recast = (old: Sql, entry: PartsRelation, columns: readonly LakeColumn[]): Sql => {
  const known = new Set(entry.columns.map((column) => column.name));
  const items = columns.map(({ name, type }) => {
    const from = known.has(name) ? quoteName(name) : sql`null`;
    return sql`cast(${from} as ${trustedSql(type)}) as ${quoteName(name)}`;
  });
  return sql`select ${joinSql(items)} from (${old})`;
};

const isSameShape = (before: readonly LakeColumn[], after: readonly LakeColumn[]): boolean =>
  before.length === after.length &&
  before.every(({ name, type }, index) => {
    const column = after[index];
    return column?.name === name && column.type === type;
  });

/** True when the parts of an entry can be read as they are with new columns. */
const canReadAs = (entry: PartsRelation, columns: readonly LakeColumn[]): boolean => {
  const types = new Map(columns.map((column) => [column.name, column.type]));
  return entry.columns.every(({ name, type }) => widensType(type, types.get(name) ?? ''));
};

/**
 * Brings a relation under a definition that may have changed. New columns are null in old parts and
 * types may widen without a loss; for anything else (a type that may lose, a column that goes and must
 * not come back with old values, another partition column) the parts are written anew.
 */
export const adoptDefinition = async (
  context: DraftContext,
  definition: RelationDefinition,
): Promise<PartsRelation> => {
  const found = context.relations.get(definition.name);
  const columns = await storedColumns(context.engine, definition);
  if (found?.kind !== 'parts') return entryOf(context, definition, { columns, parts: [] });
  const isReadable = canReadAs(found, columns);
  if (isReadable && found.partitionBy === definition.partitionBy)
    return entryOf(context, definition, {
      columns,
      parts: found.parts,
      mixed: found.mixed === true || !isSameShape(found.columns, columns) ? true : undefined,
    });
  if (found.partitionBy !== definition.partitionBy) {
    const old = recast(entryQuery(context.lakeFolder, found), found, columns);
    return entryOf(context, definition, await writeRows(context, definition, old, {}));
  }
  const parts: Part[] = [];
  for (const part of found.parts) {
    const old = recast(entryQuery(context.lakeFolder, { ...found, parts: [part] }), found, columns);
    const options = { partition: part.partition };
    parts.push(...(await writeRows(context, { ...definition, columns }, old, options)).parts);
  }
  return entryOf(context, definition, { columns, parts });
};
