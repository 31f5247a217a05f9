export { createTable } from './create-table.ts';
export { type FileLock, openFileLock } from './duckdb/file-lock.ts';
export { functionsHash } from './duckdb/functions.ts';
export { openDuckDB } from './duckdb/open-duckdb.ts';
export { writeDuckDBFile } from './duckdb/write-duckdb-file.ts';
export type {
  Cell,
  Engine,
  EngineOptions,
  ParsedQuery,
  QueryResult,
  Reference,
  ResultColumn,
  Row,
  RowStream,
  WritePartsOptions,
  WrittenPart,
} from './engine.ts';
export { engineErrors } from './errors.ts';
export { keyBounds } from './key-bounds.ts';
