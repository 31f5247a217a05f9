/** What one pass over the bytes of a file found out. Rows count from 1; lines are physical, from 1. */
export type ScanReport = {
  readonly kind: 'csv' | 'json';
  /** The text file that the engine reads: the original when it is regular, else a temp copy of its regular records. */
  readonly dataPath: string;
  readonly dialect: {
    readonly delimiter: string;
    readonly newline: '\n' | '\r\n';
    /** Lines before the first record in `dataPath`. */
    readonly skip: number;
    /** True when rows may be short at the end (temp copies of JSON); missing cells are null. */
    readonly padded: boolean;
    /** True when a quoted cell of `dataPath` may hold a line break: the engine must then read with one thread. */
    readonly multiline: boolean;
  };
  /**
   * Columns of `dataPath` in order as the file names them (JSON: flattened with `_`). A temp copy begins with `_source_row`,
   * `_source_line`. A name may be empty or stand twice: give the engine names by position.
   */
  readonly columns: readonly string[];
  /** True when `dataPath` is a temp copy that carries `_source_row` and `_source_line`. */
  readonly isCopy: boolean;
  /** For a file read as it is: `_source_line` = `_source_row` + this. */
  readonly lineOffset: number;
  /** Records in the file: the number that must balance. */
  readonly read: number;
  /** Records that are not in `dataPath`; they are in `refusedPath`. */
  readonly refused: number;
  /** JSON lines of RefusedRecord, or undefined when there is none. */
  readonly refusedPath: string | undefined;
  readonly warnings: readonly ScanWarning[];
  /** Blank header cells, and names that stand twice (letter case and blanks aside); positions count from 1. */
  readonly headerProblems: readonly HeaderProblem[];
  /** Bytes of the longest record of `dataPath`, for the engine's line limit. */
  readonly longestRecordBytes: number;
  /** What `extractRecords` needs to find a record again. */
  readonly plain: PlainText;
};

export type ScanWarning = {
  readonly code: string;
  readonly line?: number;
  readonly text: string;
};

export type HeaderProblem =
  | { readonly kind: 'blank'; readonly positions: readonly number[] }
  | { readonly kind: 'repeated'; readonly positions: readonly number[] };

/** The start of a record: its row, physical line and byte offset in the plain text. */
export type RecordMark = { readonly row: number; readonly line: number; readonly offset: number };

export type TextEncoding = 'utf-8' | 'cp1252';

/** Where JSON records stand: elements of an array, or values one after another. `depth` counts what is open around one. */
export type JsonPlace = { readonly kind: 'array' | 'sequence'; readonly depth: number };

/** The unpacked text of a file (the original itself when nothing had to be unpacked or decoded). */
export type PlainText = {
  readonly path: string;
  readonly encoding: TextEncoding;
  readonly layout:
    | { readonly kind: 'csv'; readonly delimiter: string }
    | { readonly kind: 'json'; readonly place: JsonPlace };
  /** Columns without `_source_*`. */
  readonly columns: readonly string[];
  /** Every 4,096th record, the first one included (in JSON: where its array or sequence begins); ascending. */
  readonly marks: readonly RecordMark[];
};

/** Why a whole file is set aside by receiving or scanning. */
export type FileReason =
  | 'feed_unmatched'
  | 'json_records'
  | 'file_empty'
  | 'file_gone'
  | 'file_unsafe'
  | 'record_too_long';

/** A file that is not loaded. `detail` says what was found, in names, rules and counts. */
export type SetAside = {
  readonly kind: 'set_aside';
  readonly reason: FileReason;
  readonly detail: string;
  readonly line?: number;
};

export type ScanOutcome = { readonly kind: 'scanned'; readonly report: ScanReport } | SetAside;

/** What the project says about one file. */
export type ScanSettings = {
  /** Where the records of a JSON object lie, as `data.items`. */
  readonly records?: string;
  /** A WHATWG encoding label, when the file has no byte-order mark. */
  readonly encoding?: string;
};

/** A record that left the straight way, with what is needed to explain it. */
export type RefusedRecord = {
  readonly row: number;
  readonly line: number;
  /** In the plain text; UTF-16 and other declared encodings count as decoded to UTF-8. */
  readonly byte_offset: number;
  readonly byte_length: number;
  /** Codes of the scan (columns, encoding_invalid, …); empty for a record asked for by row. */
  readonly codes: readonly string[];
  /** The record as text, undecodable bytes as `\xNN`. */
  readonly raw: string;
  /** Its cells under `ScanReport.columns` (without _source_*), or null when they cannot be told apart. */
  readonly cells: Readonly<Record<string, string | null>> | null;
};
