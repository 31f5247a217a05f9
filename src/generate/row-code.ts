export type Feed = 'students' | 'attendance' | 'assessments';

/** Reasons for which a row of students, attendance or assessments can be refused. */
export const rowCodes = [
  'key_missing',
  'required_missing',
  'columns',
  'date_invalid',
  'date_in_future',
  'timestamp_invalid',
  'number_invalid',
  'status_unknown',
  'class_id_invalid',
  'score_missing',
  'score_negative',
  'score_above_max',
  'max_score_missing',
  'max_score_zero',
  'encoding_invalid',
  'control_character',
  'quote_unclosed',
  'json_invalid',
  'json_duplicate_key',
  'orphan',
] as const;

export type RowCode = (typeof rowCodes)[number];

/** One reason with the column that it names, if it names one. */
export type Fault = { readonly code: RowCode; readonly column: string | null };

/** A row that is refused: its text, and why. */
export type SpoiledRow = {
  readonly text: string | Uint8Array;
  readonly faults: readonly Fault[];
};

/** The codes that each feed can carry and how often, relative to each other. The first of a code is planted first. */
export const plantable: readonly {
  readonly feed: Feed;
  readonly code: RowCode;
  readonly weight: number;
}[] = [
  { feed: 'attendance', code: 'key_missing', weight: 3 },
  { feed: 'students', code: 'required_missing', weight: 2 },
  { feed: 'attendance', code: 'columns', weight: 4 },
  { feed: 'attendance', code: 'date_invalid', weight: 5 },
  { feed: 'attendance', code: 'date_in_future', weight: 2 },
  { feed: 'attendance', code: 'timestamp_invalid', weight: 2 },
  { feed: 'assessments', code: 'number_invalid', weight: 4 },
  { feed: 'attendance', code: 'status_unknown', weight: 6 },
  { feed: 'students', code: 'class_id_invalid', weight: 1 },
  { feed: 'assessments', code: 'score_missing', weight: 3 },
  { feed: 'assessments', code: 'score_negative', weight: 2 },
  { feed: 'assessments', code: 'score_above_max', weight: 4 },
  { feed: 'assessments', code: 'max_score_missing', weight: 2 },
  { feed: 'assessments', code: 'max_score_zero', weight: 1 },
  { feed: 'students', code: 'encoding_invalid', weight: 1 },
  { feed: 'students', code: 'control_character', weight: 1 },
  { feed: 'assessments', code: 'json_invalid', weight: 2 },
  { feed: 'assessments', code: 'json_duplicate_key', weight: 1 },
  { feed: 'attendance', code: 'orphan', weight: 4 },
  { feed: 'attendance', code: 'quote_unclosed', weight: 0 },
  { feed: 'attendance', code: 'encoding_invalid', weight: 1 },
  { feed: 'attendance', code: 'control_character', weight: 1 },
  { feed: 'students', code: 'key_missing', weight: 1 },
  { feed: 'students', code: 'columns', weight: 1 },
  { feed: 'students', code: 'date_invalid', weight: 2 },
  { feed: 'students', code: 'timestamp_invalid', weight: 1 },
  { feed: 'students', code: 'status_unknown', weight: 1 },
  { feed: 'assessments', code: 'key_missing', weight: 2 },
  { feed: 'assessments', code: 'date_invalid', weight: 2 },
  { feed: 'assessments', code: 'date_in_future', weight: 1 },
  { feed: 'assessments', code: 'timestamp_invalid', weight: 1 },
  { feed: 'assessments', code: 'status_unknown', weight: 1 },
  { feed: 'assessments', code: 'encoding_invalid', weight: 1 },
  { feed: 'assessments', code: 'control_character', weight: 1 },
  { feed: 'assessments', code: 'orphan', weight: 2 },
];
