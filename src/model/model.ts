import type { Place } from '../base/index.ts';
import type { InputColumn, InputRelation } from './feed-relations.ts';

export type Layer = 'silver' | 'gold' | 'reference' | 'compat';
export type Severity = 'error' | 'warn';
export type Fixture = Readonly<
  Record<string, readonly Readonly<Record<string, string | number | boolean | null>>[]>
>;

export type ModelColumn = InputColumn & {
  readonly is: string;
  readonly unit: string | undefined;
  /** The date of something that happened: as-of is the latest of all of them. */
  readonly happened: boolean;
};

export type Check = {
  readonly name: string;
  /** Model that it belongs to, or `checks` for a project's own. */
  readonly owner: string;
  readonly severity: Severity;
  readonly why: string;
  readonly fix: string;
  readonly sql: string;
  /** Relations that the query reads, schema-qualified. */
  readonly reads: readonly string[];
  /**
   * Columns of groups that are judged each for itself: a run looks at those that it touched. Without
   * them, and with `check` and `--full-refresh`, every row is looked at.
   */
  readonly by: readonly string[];
  /** What a check that a key has unasked looks for: a null in it, or rows that share it. */
  readonly finds?: 'null-key' | 'repeated-key';
  readonly trips: Fixture;
  readonly place: Place;
};

export type ModelTest = {
  readonly name: string;
  readonly given: Fixture;
  readonly expect: readonly Readonly<Record<string, string | number | boolean | null>>[];
  readonly place: Place;
};

/** How a model is brought up to date: whole, by touched groups, or as a view that is never stored. */
export type Refresh =
  | { readonly kind: 'full' }
  | {
      readonly kind: 'by';
      readonly columns: readonly string[];
      /** SQL over `delta.*` that gives the touched groups where the deltas' columns do not. */
      readonly touched: string | undefined;
    }
  | { readonly kind: 'view' };

/** One `.sql` file with its sidecar = one relation. */
export type Model = {
  /** Schema-qualified: `gold.class_daily_performance`. */
  readonly relation: string;
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
  /** The relations that the query reads, schema-qualified, each once. */
  readonly reads: readonly string[];
  readonly grain: string;
  readonly description: string;
  readonly key: readonly string[];
  readonly refresh: Refresh;
  readonly columns: readonly ModelColumn[];
  /** Date column whose month names the partition, or null. */
  readonly partitionBy: string | null;
  readonly sortBy: readonly string[];
  /** The feed each of whose winning rows has one row here; null where that is not said. */
  readonly holds: string | null;
  /** Who may see rows: student, class, school or ops. */
  readonly policy: string;
  readonly checks: readonly Check[];
  readonly tests: readonly ModelTest[];
  readonly place: Place;
  /** SHA-256 of the SQL, the sidecar's parts that decide rows, and the engine functions. */
  readonly hash: string;
};

/** Every model of the project in an order in which each comes after what it reads. Frozen. */
export type ModelGraph = {
  readonly models: readonly Model[];
  /** Every check: those of the models in their order, then the project's own. */
  readonly checks: readonly Check[];
  /** What the models may read and the run provides: staging, bronze, run_context, policies. */
  readonly inputs: readonly InputRelation[];
};
