import type { Effects } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import type { LakeColumn, LakeRelation, PartsRelation } from './manifest.ts';
import type { Snapshot } from './read-snapshot.ts';

/** How a stored relation is laid out. Its rows come with a query. */
export type RelationDefinition = {
  /** `schema.name`, lower case. */
  readonly name: string;
  readonly columns: readonly LakeColumn[];
  readonly key: readonly string[];
  /** A DATE column: its month `yyyy-mm` is the partition, `none` where it is null. */
  readonly partitionBy: string | null;
  /** Order of rows inside a partition; empty keeps the order of the query where there is one partition. */
  readonly sortBy: readonly string[];
  readonly policy: string;
  readonly builtFrom: string;
  /** See `PartsRelation.materialise`. */
  readonly materialise?: PartsRelation['materialise'];
};

/** What the files of one draft share. The maps and sets are the draft's own state. */
export type DraftContext = {
  readonly lakeFolder: string;
  readonly run: number;
  readonly base: Snapshot | undefined;
  readonly engine: Engine;
  readonly effects: Effects;
  readonly relations: Map<string, LakeRelation>;
  /** Paths of the parts that this draft made, relative to the lake. */
  readonly written: Set<string>;
  /** Folders with new names in them, to be synced before the manifest is written. */
  readonly unsynced: Set<string>;
  /** Number of the next part, by partition folder; `next` names draft folders and temp tables. */
  readonly counters: Map<string, number>;
};

/** Counts up from 0, per name. */
export const countUp = (context: DraftContext, name: string): number => {
  const number = context.counters.get(name) ?? 0;
  context.counters.set(name, number + 1);
  return number;
};
