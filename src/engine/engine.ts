import type { Sql } from '../base/index.ts';

/** A cell as JavaScript sees it: integers as number when exact, else bigint; decimals, dates and timestamps as text. */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell };
export type Row = Readonly<Record<string, Cell>>;

/** A relation named in a query: where it stands in the text (0-based offset), or undefined when unknown. */
export type Reference = {
  readonly schema: string;
  readonly name: string;
  readonly offset: number | undefined;
};

/** The parse tree of one SELECT as the engine serialises it, or why it is none (without quoting the text). */
export type ParsedQuery =
  | {
      readonly kind: 'select';
      /** Relations read from the catalogue; names of CTEs are not among them. */
      readonly references: readonly Reference[];
      readonly tree: unknown;
    }
  | { readonly kind: 'error'; readonly reason: string; readonly offset: number | undefined };

export type ResultColumn = { readonly name: string; readonly type: string };

export type QueryResult = {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly Row[];
};

/** An answer that is read a chunk at a time. Of columns with one name the later ones get another. */
export type RowStream = {
  readonly columns: readonly ResultColumn[];
  /** Rows in order; whole or it throws, never short. To be read once. */
  readonly chunks: AsyncIterable<readonly Row[]>;
};

export type WrittenPart = {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** Per column: smallest and largest value as text, and the number of nulls, where the writer knows them. */
  readonly statistics: Readonly<
    Record<string, { readonly min?: string; readonly max?: string; readonly nulls?: number }>
  >;
};

export type WritePartsOptions = {
  readonly folder: string;
  /** Column whose values name the sub-folders `<column>=<value>`; the column itself stays in the file. */
  readonly partitionBy?: string;
  /** Begins the file names: `<prefix>-<i>.parquet`. */
  readonly prefix: string;
};

/** One embedded engine with its own memory and spill folder. Statements run one after the other. */
export type Engine = {
  readonly execute: (statement: Sql) => Promise<void>;
  /** All rows of a query that is known to be small. */
  readonly rows: (query: Sql) => Promise<readonly Row[]>;
  readonly query: (query: Sql) => Promise<QueryResult>;
  readonly stream: (query: Sql) => Promise<RowStream>;
  /** Writes Parquet files below `folder` and tells what was written. */
  readonly writeParts: (query: Sql, options: WritePartsOptions) => Promise<readonly WrittenPart[]>;
  /** Columns of a query without running it. */
  readonly describe: (query: Sql) => Promise<readonly ResultColumn[]>;
  /** Types as the engine names them, in the same order; each is asked for once. */
  readonly typeNames: (types: readonly string[]) => Promise<readonly string[]>;
  readonly parse: (text: string) => Promise<ParsedQuery>;
  /** Makes `key_hash` HMAC-SHA-256 under this secret; returns the id of the key. */
  readonly useKeySecret: (secret: string) => Promise<string>;
  /** From now on only these files can be read, nothing written, and no setting changed. */
  readonly seal: (readable: readonly string[]) => Promise<void>;
  /** Ends the running statement with the error `engine.interrupted`. */
  readonly interrupt: () => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type EngineOptions = {
  readonly memoryLimitBytes: number;
  readonly threads?: number | undefined;
  /** Made 0700 when first needed by the engine; its owner removes it. */
  readonly tempFolder: string;
  readonly signal?: AbortSignal | undefined;
};
