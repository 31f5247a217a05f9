import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResult,
  type DuckDBResultReader,
} from '@duckdb/node-api';
import {
  joinSql,
  pipelineError,
  quoteName,
  quotePath,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from '../../base/index.ts';
import type {
  Cell,
  Engine,
  EngineOptions,
  QueryResult,
  ResultColumn,
  Row,
  RowStream,
  WritePartsOptions,
  WrittenPart,
} from '../engine.ts';
import { engineErrors } from '../errors.ts';
import { convertCell } from './convert-cell.ts';
import { functionStatements } from './functions.ts';
import { keyedHashStatement, keyIdOf } from './keyed-hash.ts';
import { readParsed } from './parse-query.ts';
import { translateError } from './translate-error.ts';

const readerColumns = (reader: DuckDBResultReader): readonly ResultColumn[] =>
  reader
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, type: String(reader.columnType(index)) }));

const readerRows = (reader: DuckDBResultReader): readonly Row[] => {
  const names = reader.deduplicatedColumnNames();
  return reader
    .getRows()
    .map((cells) => Object.fromEntries(names.map((n, i) => [n, convertCell(cells[i] ?? null)])));
};

/** The COPY statement that writes a query as Parquet; without a partition column exactly one file. */
const copyStatement = (query: Sql, options: WritePartsOptions): Sql => {
  const file =
    options.partitionBy === undefined
      ? `${options.folder}/${options.prefix}-0.parquet`
      : options.folder;
  const shared = 'format parquet, compression snappy, return_stats true';
  return options.partitionBy === undefined
    ? sql`copy (${query}) to ${quoteText(file)} (${trustedSql(shared)})`
    : sql`copy (${query}) to ${quoteText(file)} (${trustedSql(shared)}, partition_by (${quoteName(options.partitionBy)}), write_partition_columns true, overwrite_or_ignore true, filename_pattern ${quoteText(`${options.prefix}-{i}`)})`;
};

const readStatistics = (cell: Cell | undefined): WrittenPart['statistics'] => {
  if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) return {};
  return Object.fromEntries(
    Object.entries(cell as Readonly<Record<string, Cell>>).map(([column, facts]) => {
      const known = facts as Readonly<Record<string, Cell>>;
      const name = column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column;
      return [
        name,
        {
          ...(typeof known.min === 'string' ? { min: known.min } : {}),
          ...(typeof known.max === 'string' ? { max: known.max } : {}),
          ...(known.null_count == null ? {} : { nulls: Number(known.null_count) }),
        },
      ];
    }),
  );
};

/** Turns what the engine threw at a statement into an error of ours. */
type Translate = (error: unknown, statement: Sql) => unknown;

const endMark = '_lake_end';

/** The chunks of a result whose last row is marked: DuckDB's stream may end early without an error. */
async function* readChunks(
  result: DuckDBResult,
  {
    find,
    translate,
  }: { readonly find: () => Promise<void>; readonly translate: (error: unknown) => unknown },
): AsyncGenerator<readonly Row[]> {
  const names = result.columnNames();
  const end = names.indexOf(endMark);
  let ended = false;
  try {
    for await (const chunk of result) {
      const rows: Row[] = [];
      for (const line of chunk.getRows()) {
        if (line[end] === true) ended = true;
        else {
          const cells = names.map((n, i) => [n, convertCell(line[i] ?? null)] as const);
          rows.push(Object.fromEntries(cells.filter((_, i) => i !== end)));
        }
      }
      if (rows.length > 0) yield rows;
    }
    if (ended) return;
    await find();
    throw pipelineError(engineErrors, 'engine.short-stream', {});
  } catch (error) {
    throw translate(error);
  }
}

const streamRows = async (
  query: Sql,
  {
    connection,
    execute,
    translate,
  }: {
    readonly connection: DuckDBConnection;
    readonly execute: Engine['execute'];
    readonly translate: Translate;
  },
): Promise<RowStream> => {
  const mark = quoteName(endMark);
  const answer = quoteName('_lake_answer');
  try {
    // As a view, since a text may end in a semicolon or a comment.
    await connection.run(sql`create or replace temp view ${answer} as ${query}`);
    const result = await connection.stream(
      sql`select *, false as ${mark} from ${answer} union all by name select true as ${mark}`,
    );
    const columns = result
      .columnNames()
      .map((name, index) => ({ name, type: String(result.columnType(index)) }))
      .filter(({ name }) => name !== endMark);
    const hashes = joinSql(columns.map(({ name }) => sql`bit_xor(hash(${quoteName(name)}))`));
    const chunks = readChunks(result, {
      // What ended a stream is not told by it: all is evaluated again, and nothing kept.
      find: () => execute(sql`select ${hashes} from ${answer}`),
      translate: (error) => translate(error, query),
    });
    return { columns, chunks };
  } catch (error) {
    throw translate(error, query);
  }
};

/** Asks the engine for the names of types it was not asked for before. */
const openTypeNames = (describe: Engine['describe']): Engine['typeNames'] => {
  const known = new Map<string, string>();
  return async (types) => {
    const unknown = [...new Set(types)].filter((type) => !known.has(type));
    if (unknown.length > 0) {
      const nulls = unknown.map(
        (type, index) => sql`cast(null as ${trustedSql(type)}) as ${quoteName(`c${index}`)}`,
      );
      for (const [index, { type }] of (await describe(sql`select ${joinSql(nulls)}`)).entries())
        known.set(unknown[index] ?? '', type);
    }
    return types.map((type) => known.get(type) ?? type);
  };
};

/**
 * Opens an in-memory DuckDB with the project's functions. Nothing is downloaded, nothing is kept:
 * what it spills lies in `tempFolder`, which the caller owns.
 */
export const openDuckDB = async (options: EngineOptions): Promise<Engine> => {
  const limitBytes = options.memoryLimitBytes;
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.max(16, Math.floor(limitBytes / 1e6))}MB`,
    temp_directory: options.tempFolder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  const connection = await instance.connect();
  const translate: Translate = (error, statement) =>
    options.signal?.aborted === true
      ? pipelineError(engineErrors, 'engine.interrupted', {})
      : translateError(error, { statement, limitBytes });
  const guarded = async <T>(statement: Sql, act: () => Promise<T>): Promise<T> => {
    try {
      options.signal?.throwIfAborted();
      return await act();
    } catch (error) {
      throw translate(error, statement);
    }
  };
  const onAbort = (): void => connection.interrupt();
  options.signal?.addEventListener('abort', onAbort);

  const execute = (statement: Sql): Promise<void> =>
    guarded(statement, async () => {
      await connection.run(statement);
    });
  const query = (text: Sql): Promise<QueryResult> =>
    guarded(text, async () => {
      const reader = await connection.runAndReadAll(text);
      return { columns: readerColumns(reader), rows: readerRows(reader) };
    });
  const rows = async (text: Sql): Promise<readonly Row[]> => (await query(text)).rows;

  const describe = async (text: Sql): Promise<readonly ResultColumn[]> =>
    (await rows(sql`describe (${text})`)).map((row) => ({
      name: String(row.column_name),
      type: String(row.column_type),
    }));
  await execute(joinSql(functionStatements, ';\n'));

  return {
    execute,
    query,
    rows,
    stream: (text) => streamRows(text, { connection, execute, translate }),
    writeParts: async (text, write) =>
      (await rows(copyStatement(text, write))).map((row) => ({
        path: String(row.filename),
        rows: Number(row.count),
        bytes: Number(row.file_size_bytes),
        statistics: readStatistics(row.column_statistics),
      })),
    describe,
    typeNames: openTypeNames(describe),
    parse: async (text) => {
      const [row] = await rows(sql`select json_serialize_sql(${quoteText(text)}) as parsed`);
      return readParsed(String(row?.parsed));
    },
    useKeySecret: async (secret) => {
      await execute(keyedHashStatement(secret));
      return keyIdOf(secret);
    },
    seal: async (readable) => {
      // As they are opened, and as they are written in a query, which differs where a name looks like a pattern.
      const paths = joinSql(readable.flatMap((path) => [quoteText(path), quotePath(path)]));
      await execute(sql`set allowed_paths = [${paths}]`);
      await execute(sql`set enable_external_access = false`);
      await execute(sql`set lock_configuration = true`);
    },
    interrupt: () => connection.interrupt(),
    [Symbol.asyncDispose]: async () => {
      options.signal?.removeEventListener('abort', onAbort);
      connection.closeSync();
      instance.closeSync();
    },
  };
};
