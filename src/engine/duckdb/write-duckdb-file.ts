import { DuckDBInstance } from '@duckdb/node-api';
import { type Sql, trustedSql } from '../../base/index.ts';
import { functionStatements } from './functions.ts';
import { translateError } from './translate-error.ts';

/** An engine's own functions are temporary; here they must be found by whoever opens the file. */
const lasting = (statement: Sql): Sql =>
  trustedSql(statement.replace(/^create or replace temp(orary)? macro/, 'create or replace macro'));

/**
 * Makes a DuckDB file at `path`, which must not exist, with the project's functions and what
 * `statements` create. The two settings keep every commit out of the WAL: DuckDB's default commit is
 * not atomic when the process is killed. The caller checks that no `.wal` is left and renames the file.
 */
export const writeDuckDBFile = async (path: string, statements: readonly Sql[]): Promise<void> => {
  let statement = '';
  try {
    const instance = await DuckDBInstance.create(path, {
      threads: '1',
      memory_limit: '256MB',
      checkpoint_threshold: '0B',
      auto_checkpoint_skip_wal_threshold: '0',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    try {
      const connection = await instance.connect();
      try {
        const all = [...functionStatements.map(lasting), ...statements];
        // One commit: each would write the file anew.
        for (statement of ['begin transaction', ...all, 'commit', 'checkpoint'])
          await connection.run(statement);
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } catch (error) {
    throw translateError(error, { statement, limitBytes: 256e6 });
  }
};
