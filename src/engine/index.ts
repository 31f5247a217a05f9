export { createTable } from './create-table.ts';
export { type FileLock, openFileLock } from './duckdb/file-lock.ts';
export { functionsHash } from './duckdb/functions.ts';
export { openDuckDB } from './duckdb/open-duckdb.ts';
export { writeDuckDBFile } from './duckdb/write-duckdb-file.ts';
export type {
  Cell,
  Engine,
  ParsedQuery,
  QueryResult,
  ResultColumn,
  Row,
  RowStream,
} from './engine.ts';
export { keyBounds } from './key-bounds.ts';
