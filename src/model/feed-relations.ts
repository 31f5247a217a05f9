/** A column that a model can read from outside the models. */
export type InputColumn = {
  readonly name: string;
  /** Engine type, e.g. VARCHAR, DATE, BIGINT, DECIMAL(18,6). */
  readonly type: string;
  readonly privacy: 'public' | 'internal' | 'personal' | 'sensitive';
};

/** A relation that the run provides: staging, bronze, run_context, policies. */
export type InputRelation = {
  /** Schema-qualified. */
  readonly relation: string;
  readonly columns: readonly InputColumn[];
};

/** What a feed's contract promises, as plain data: its typed columns and its key. */
export type FeedColumns = {
  readonly feed: string;
  readonly columns: readonly InputColumn[];
  /** Columns of the feed's id; the key of `staging.<feed>_inferred`. */
  readonly key: readonly string[];
};

const internal = (name: string, type: string): InputColumn => ({ name, type, privacy: 'internal' });

const sourceColumns: readonly InputColumn[] = [
  internal('_source_file', 'VARCHAR'),
  internal('_source_row', 'BIGINT'),
  internal('_source_line', 'BIGINT'),
  internal('_batch_date', 'DATE'),
  internal('_file_id', 'VARCHAR'),
  internal('_run_id', 'BIGINT'),
  internal('_ingested_at', 'TIMESTAMP'),
];

const stagingColumns = [...sourceColumns, internal('_received_on', 'DATE')];
const versionColumns = [
  ...stagingColumns,
  internal('_effective_from', 'DATE'),
  internal('_version_order', 'BIGINT'),
];
const bronzeColumns = [
  ...stagingColumns,
  internal('_receipt', 'BIGINT'),
  internal('_row_hash', 'UBIGINT'),
];

/**
 * The relations that a feed gives to models: `staging.<feed>` (the winners of the keys that this run
 * applies), `_versions` (all versions of the touched keys), `_inferred` (keys known only from facts), `bronze.<feed>`.
 */
export const feedRelations = ({ feed, columns, key }: FeedColumns): readonly InputRelation[] => [
  { relation: `staging.${feed}`, columns: [...columns, ...stagingColumns] },
  { relation: `staging.${feed}_versions`, columns: [...columns, ...versionColumns] },
  { relation: `staging.${feed}_inferred`, columns: columns.filter((c) => key.includes(c.name)) },
  { relation: `bronze.${feed}`, columns: [...columns, ...bronzeColumns] },
];
