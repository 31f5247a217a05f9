import { quoteName, type Sql, sql } from '../../base/index.ts';

/** The temp relations of one feed's staging, quoted. */
export type StageNames = {
  /** Every accepted row of every version, of known members only. */
  readonly candidates: Sql;
  /** Rows whose member no roster knows: (_file_id, _source_row, _source_line). */
  readonly orphans: Sql;
  /** Orphans of earlier runs that are on record: (_file_id, _source_row). */
  readonly waiting: Sql;
  /** The candidates that are new in this run. */
  readonly fresh: Sql;
  /** Keys of the fresh rows. */
  readonly freshKeys: Sql;
  /** Keys of rows applied before that fresh rows claim too. */
  readonly claimed: Sql;
  /** Rows applied before, of keys that fresh rows claim too. */
  readonly earlier: Sql;
  /** Keys that more than one row claims. */
  readonly contested: Sql;
  /** Rows of contested keys with their place before and now. */
  readonly ranked: Sql;
  readonly staging: Sql;
  readonly versions: Sql;
  readonly inferred: Sql;
  /** Key columns of all rows that changed. */
  readonly delta: Sql;
  /** Ids of the members of this feed that exist, when others must refer to one. */
  readonly known: Sql;
  readonly bronze: Sql;
};

/** The names of the temp relations that a feed is staged in. They depend on nothing but its name. */
export const stageNames = (feed: string): StageNames => {
  const stage = (suffix: string): Sql => sql`stage.${quoteName(`${feed}_${suffix}`)}`;
  return {
    candidates: stage('candidates'),
    orphans: stage('orphans'),
    waiting: stage('waiting'),
    fresh: stage('fresh'),
    freshKeys: stage('fresh_keys'),
    claimed: stage('claimed'),
    earlier: stage('earlier'),
    contested: stage('contested'),
    ranked: stage('ranked'),
    known: stage('known'),
    staging: sql`staging.${quoteName(feed)}`,
    versions: sql`staging.${quoteName(`${feed}_versions`)}`,
    inferred: sql`staging.${quoteName(`${feed}_inferred`)}`,
    delta: sql`delta.${quoteName(`staging_${feed}`)}`,
    bronze: sql`bronze.${quoteName(feed)}`,
  };
};
