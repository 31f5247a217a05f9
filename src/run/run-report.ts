/** The counts of records that must balance: read = loaded + duplicate + superseded + blank + quarantined. */
export type Counts = {
  readonly read: number;
  readonly loaded: number;
  readonly duplicate: number;
  readonly superseded: number;
  readonly blank: number;
  readonly quarantined: number;
};

export type FileReport = Counts & {
  readonly path: string;
  readonly feed: string | null;
  readonly batch_date: string | null;
  readonly sha256: string | null;
  readonly status: 'loaded' | 'skipped' | 'set_aside' | 'waiting';
  readonly reason?: string;
  /** Why it was set aside and what to do, in a sentence. */
  readonly detail?: string;
  /** True of a version of the file that was replaced by a newer one since. */
  readonly replaced?: true;
  /** Of a skipped file: the one whose bytes it repeats. */
  readonly repeats?: string;
};

export type ModelReport = {
  readonly name: string;
  readonly rows: number;
  /** Rows changed; null when the relation was written whole. */
  readonly changed: number | null;
  readonly seconds: number;
};

export type CheckReport = {
  readonly name: string;
  readonly severity: 'error' | 'warn';
  readonly failed_rows: number;
};

export type Warning = {
  readonly code: string;
  readonly feed?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: string;
  readonly text: string;
};

/** What `quarantine replay` did with the open records that it was asked for. */
export type ReplayReport = {
  readonly tried: number;
  readonly loaded: number;
  /** They pass, but their student is on no roster yet. */
  readonly waiting: number;
  readonly refused: number;
  /** Not tried: their file is set aside, replaced, or no longer fits its feed. */
  readonly skipped: number;
  /** Their file was read again as a whole in this run. */
  readonly reread: number;
};

/** What `run --json` prints. */
export type RunReport = {
  readonly run_id: number | null;
  readonly status: 'ok' | 'nothing' | 'data';
  readonly seconds: number;
  readonly as_of: string | null;
  readonly files: readonly FileReport[];
  readonly totals: Counts & { readonly promoted: number };
  readonly models: readonly ModelReport[];
  readonly checks: readonly CheckReport[];
  readonly warnings: readonly Warning[];
  readonly snapshot: number | null;
  readonly replay?: ReplayReport;
};

/** What a run tells while it works. */
export type ProgressEvent =
  | { readonly kind: 'step'; readonly step: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly index: number;
      readonly count: number;
      readonly sizeBytes: number;
      /** How far it was read; told again every 16 MB. */
      readonly doneBytes: number;
    }
  /** Rows of a file that stand in bronze, or of a relation that was built. */
  | { readonly kind: 'rows'; readonly name: string; readonly rows: number }
  | {
      readonly kind: 'model';
      readonly name: string;
      readonly index: number;
      readonly count: number;
    };

export const noCounts: Counts = {
  read: 0,
  loaded: 0,
  duplicate: 0,
  superseded: 0,
  blank: 0,
  quarantined: 0,
};

/** Counts of two files together, part by part. */
export const addCounts = (a: Counts, b: Counts): Counts => ({
  read: a.read + b.read,
  loaded: a.loaded + b.loaded,
  duplicate: a.duplicate + b.duplicate,
  superseded: a.superseded + b.superseded,
  blank: a.blank + b.blank,
  quarantined: a.quarantined + b.quarantined,
});

/** How far the counts are from balance; 0 when they agree. */
export const imbalance = (c: Counts): number =>
  c.read - (c.loaded + c.duplicate + c.superseded + c.blank + c.quarantined);

/** True when a count is below zero, which no file has. */
export const hasNegative = (c: Counts): boolean =>
  [c.read, c.loaded, c.duplicate, c.superseded, c.blank, c.quarantined].some((count) => count < 0);
