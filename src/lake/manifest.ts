/** How private a column or relation is. The lake only carries the words. */
export type LakeColumn = { readonly name: string; readonly type: string; readonly privacy: string };

/** One immutable Parquet file. `path` is relative to the lake folder. */
export type Part = {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly partition: string;
  readonly min: string | null;
  readonly max: string | null;
};

type RelationFacts = {
  readonly columns: readonly LakeColumn[];
  readonly key: readonly string[];
  /** Who may see rows of it (a word of the layer above, such as student or ops). */
  readonly policy: string;
  /** Hash of what built it; differs when the relation must be built again. */
  readonly builtFrom: string;
  /** The run that last built or looked at it. */
  readonly builtIn: number;
};

export type PartsRelation = RelationFacts & {
  readonly kind: 'parts';
  readonly partitionBy: string | null;
  readonly sortBy: readonly string[];
  /**
   * How a column is read from a part, as SQL over the stored columns and `file_row_number`
   * (0-based position in the part). A part that is written anew stores the value.
   */
  readonly materialise?: Readonly<Record<string, string>> | undefined;
  /** True when a part may lack one of the columns or hold a narrower type of it; left out when none does. */
  readonly mixed?: true | undefined;
  readonly parts: readonly Part[];
};

export type ViewRelation = RelationFacts & {
  readonly kind: 'view';
  readonly sql: string;
  readonly reads: readonly string[];
};

export type LakeRelation = PartsRelation | ViewRelation;

/** What one commit says: the parts of every relation after a run. */
export type Manifest = {
  readonly format: 1;
  readonly run: number;
  readonly parent: number | null;
  readonly committedAt: string;
  readonly asOf: string | null;
  /** `data` when tables changed, `ledger` when only what is told about runs did. */
  readonly kind: 'data' | 'ledger';
  /** True when every relation agrees with its upstreams. */
  readonly complete: boolean;
  readonly relations: Readonly<Record<string, LakeRelation>>;
};
