import { join } from 'node:path';
import {
  joinSql,
  pipelineError,
  quoteName,
  quotePath,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from '../base/index.ts';
import { lakeErrors } from './errors.ts';
import type { LakeColumn, LakeRelation, Part, PartsRelation } from './manifest.ts';
import type { Snapshot } from './read-snapshot.ts';

/** A column as the schema of `read_parquet` wants it: matched by name, null where a part lacks it. */
const schemaEntry = ({ name, type }: LakeColumn): Sql =>
  sql`${quoteText(name)}: {name: ${quoteText(name)}, type: ${quoteText(type)}, default_value: null}`;

/**
 * What stands after `from` to read parts with the declared columns; `filename` and `file_row_number`
 * (0-based) can be selected beside them. A plain list of files breaks or rounds when columns came
 * later, and would take a folder named `x=y` above the lake for a column. One file alone is read by a
 * single thread when a schema is given (DuckDB 1.5.6): without one where its columns are the declared ones.
 */
export const partsScan = (
  lakeFolder: string,
  { columns, mixed }: Pick<PartsRelation, 'columns' | 'mixed'>,
  parts: readonly Pick<Part, 'path' | 'rows'>[],
): Sql => {
  const paths = joinSql(parts.map((part) => quotePath(join(lakeFolder, part.path))));
  // Said here, since with a schema the engine would guess, and put the larger side of a join into memory.
  const rows = sql`${parts.reduce((sum, part) => sum + part.rows, 0)}`;
  const options = sql`hive_partitioning = false, explicit_cardinality = ${rows}`;
  if (parts.length === 1 && mixed !== true) return sql`read_parquet([${paths}], ${options})`;
  const schema = joinSql(columns.map(schemaEntry));
  return sql`read_parquet([${paths}], schema = map{${schema}}, ${options})`;
};

/** The select list of a stored relation: each column as it is, or by its `materialise` expression. */
export const readColumns = (
  columns: readonly LakeColumn[],
  materialise: PartsRelation['materialise'],
): Sql =>
  joinSql(
    columns.map(({ name, type }) => {
      const expression =
        materialise !== undefined && Object.hasOwn(materialise, name)
          ? materialise[name]
          : undefined;
      return expression === undefined
        ? quoteName(name)
        : sql`cast(${trustedSql(expression)} as ${trustedSql(type)}) as ${quoteName(name)}`;
    }),
  );

/** A select of all rows and columns of an entry. A view's needs what it reads to be there as views. */
export const entryQuery = (lakeFolder: string, entry: LakeRelation): Sql => {
  switch (entry.kind) {
    case 'view': {
      const names = joinSql(entry.columns.map((column) => quoteName(column.name)));
      return sql`select ${names} from (${trustedSql(entry.sql)})`;
    }
    case 'parts': {
      if (entry.parts.length > 0) {
        const scan = partsScan(lakeFolder, entry, entry.parts);
        return sql`select ${readColumns(entry.columns, entry.materialise)} from ${scan}`;
      }
      const nulls = joinSql(
        entry.columns.map((c) => sql`cast(null as ${trustedSql(c.type)}) as ${quoteName(c.name)}`),
      );
      return sql`select ${nulls} where false`;
    }
    default:
      return entry satisfies never;
  }
};

/** The entry of a relation; throws `lake.unknown-relation`. */
export const findRelation = (snapshot: Snapshot, relation: string): LakeRelation => {
  const entry = snapshot.manifest.relations[relation];
  if (entry === undefined || !Object.hasOwn(snapshot.manifest.relations, relation)) {
    const facts = { relation, run: snapshot.manifest.run };
    throw pipelineError(lakeErrors, 'lake.unknown-relation', facts);
  }
  return entry;
};

/** A select of all rows of a relation as the snapshot has it (see `entryQuery`). */
export const relationQuery = (snapshot: Snapshot, relation: string): Sql =>
  entryQuery(snapshot.lakeFolder, findRelation(snapshot, relation));
