import type { Place } from '../base/index.ts';

/** How private a column is; the contract's `classification`, and `privacy` in a model's sidecar. */
export type Privacy = 'public' | 'internal' | 'personal' | 'sensitive';

export type LoadStrategy = 'upsert' | 'append' | 'replaceBatch';
export type DriftPolicy = 'evolve' | 'ignore' | 'quarantine' | 'reject';
/** A type never changes by itself: silver is built on it. */
export type TypeChangePolicy = Exclude<DriftPolicy, 'evolve'>;

/** What a cell becomes. `id` is text by which rows meet (`784.0` and `784` are one); `code` is a word of a vocabulary. */
export type ColumnType =
  | { readonly kind: 'id' }
  | { readonly kind: 'text' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  /** `format` is strptime text (`%d/%m/%Y`). */
  | { readonly kind: 'date'; readonly format: string | undefined }
  | { readonly kind: 'timestamp'; readonly format: string | undefined }
  | {
      readonly kind: 'code';
      /** A reference model `reference.<vocabulary>` with the columns raw and code; empty when only `valueMap` has words. */
      readonly vocabulary: string;
      /** Words of the project that win over the vocabulary: raw → code. */
      readonly valueMap: Readonly<Record<string, string>>;
      /** What an unlisted word becomes: the row is quarantined, or the code is this word. */
      readonly unlisted:
        | { readonly kind: 'quarantine' }
        | { readonly kind: 'code'; readonly code: string };
      /** What a blank becomes; null stays null. */
      readonly blank: string | null;
    };

export type ContractColumn = {
  readonly name: string;
  readonly type: ColumnType;
  /** The column in the file as the contract or the short form names it; equal to `name` when neither does. */
  readonly physicalName: string;
  readonly aliases: readonly string[];
  readonly required: boolean;
  readonly privacy: Privacy;
  readonly description: string;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly pattern: string | undefined;
  readonly maxLength: number | undefined;
  /** The date or time of something that happened: it may not lie ahead, and as-of comes from it. */
  readonly happened: boolean;
  /** Row codes where this column's differ from the usual ones (`invalid`, `missing`, `pattern` …). */
  readonly codes: Readonly<Partial<Record<'invalid' | 'missing' | 'range' | 'pattern', string>>>;
  /** Text that means null in this column beside the feed's null tokens. */
  readonly nullTokens: readonly string[] | undefined;
};

/**
 * A rule of one row: `refuseWhen` is SQL over the typed columns, `policy_<key with dots as _>` and
 * `has_<column>`. It is not asked of a row whose `column` could not be read: a score `abc` is
 * number_invalid, and not missing too.
 */
export type RowRule = {
  readonly code: string;
  readonly column: string | null;
  readonly refuseWhen: string;
  readonly description: string;
};

export type Relationship = {
  readonly column: string;
  readonly feed: string;
  readonly toColumn: string;
};

/** The feed of the roster, which the settings `students.infer` and `students.max_missing` are about. */
export const studentFeed = 'students';

/** What a feed must look like, after the short form of schoolhouse.yaml was merged in. */
export type Contract = {
  readonly feed: string;
  readonly description: string;
  readonly version: string;
  readonly columns: readonly ContractColumn[];
  /** The id column(s). */
  readonly key: readonly string[];
  /** What identifies a record when the file lacks the id; columns that are not required may be missing. */
  readonly naturalKey:
    | { readonly columns: readonly string[]; readonly unique: boolean }
    | undefined;
  readonly loadStrategy: LoadStrategy;
  /** The timestamp by which the newest row of a key wins (updated_at or created_at). */
  readonly newestBy: string | undefined;
  readonly filePatterns: readonly string[];
  /** Path of the record array in a JSON object, when it must be named. */
  readonly records: string | undefined;
  /** WHATWG label of files without a byte-order mark; undefined: UTF-8, or Windows-1252 where that is certain. */
  readonly encoding: string | undefined;
  /** Text that means null: the whole trimmed cell. A blank is null without being listed. */
  readonly nullTokens: readonly string[];
  readonly relationships: readonly Relationship[];
  readonly rules: readonly RowRule[];
  /** What becomes of a column that only the file has. */
  readonly onNewColumn: DriftPolicy;
  /** What becomes of a file that lacks a column beside its key. */
  readonly onMissingColumn: DriftPolicy;
  /** What becomes of a cell that does not fit the type of its column. */
  readonly onTypeChange: TypeChangePolicy;
  /** File that the contract came from, for messages. */
  readonly place: Place;
  /** SHA-256 of everything above that decides what is loaded. */
  readonly hash: string;
};
