import { quoteName, quoteText, type Sql, sql, trustedSql } from '../base/index.ts';
import type { Cell, Engine, Row } from '../engine/index.ts';
import { partitionColumn } from './cast-query.ts';

/** A Parquet file as COPY tells of it. `min` and `max` belong to one column, where the writer knows them. */
export type CopiedFile = {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly min: string | null;
  readonly max: string | null;
};

const isRecord = (cell: Cell | undefined): cell is { readonly [key: string]: Cell } =>
  typeof cell === 'object' && cell !== null && !Array.isArray(cell);

const readCopied = (row: Row, keyColumn: string | undefined): CopiedFile => {
  const all = row.column_statistics;
  const facts = isRecord(all) && keyColumn !== undefined ? all[quoteName(keyColumn)] : undefined;
  const text = (name: string): string | null => {
    const value = isRecord(facts) ? facts[name] : undefined;
    return typeof value === 'string' ? value : null;
  };
  return {
    path: String(row.filename),
    rows: Number(row.count),
    bytes: Number(row.file_size_bytes),
    min: text('min'),
    max: text('max'),
  };
};

// These statements are written by the engine itself, so they do not pass effects.fs; what follows
// (fsync, hash, mode, rename) does, and a draft folder is all that a failing one can leave.

/** Writes a query into one Parquet file, rows in its order. */
export const copyToFile = async (
  engine: Engine,
  query: Sql,
  { path, keyColumn }: { readonly path: string; readonly keyColumn: string | undefined },
): Promise<CopiedFile> => {
  const [row] = await engine.rows(
    sql`copy (${query}) to ${quoteText(path)} (format parquet, compression snappy, return_stats true)`,
  );
  return row === undefined
    ? { path, rows: 0, bytes: 0, min: null, max: null }
    : { ...readCopied(row, keyColumn), path };
};

/** A file of one month; `month` is yyyymm or −1. */
export type MonthFile = CopiedFile & { readonly month: number };

/**
 * Writes a query that has the partition column (yyyymm or −1) in one pass into files by month,
 * without that column. `isLast` is false when the files will be sorted into others: then they are not
 * compressed, which saves a fifth of the time.
 */
export const copyByMonth = async (
  engine: Engine,
  query: Sql,
  options: {
    readonly folder: string;
    readonly keyColumn: string | undefined;
    readonly isLast: boolean;
  },
): Promise<readonly MonthFile[]> => {
  const compression = trustedSql(options.isLast ? 'snappy' : 'uncompressed');
  const rows = await engine.rows(
    sql`copy (${query}) to ${quoteText(options.folder)} (format parquet, compression ${compression}, return_stats true, partition_by (${quoteName(partitionColumn)}), write_partition_columns false, overwrite_or_ignore true, filename_pattern 'part-{i}')`,
  );
  return rows.map((row) => {
    const file = readCopied(row, options.keyColumn);
    const folder = file.path.split('/').at(-2) ?? '';
    return { ...file, month: Number(folder.slice(partitionColumn.length + 1)) };
  });
};
