/** What a reason means to a person, and what to do about it. Both are about rules, never about a child. */
export type Reason = { readonly is: string; readonly toDo: string };

const fixAtSource = 'Correct the row in the source and deliver the file again.';

/** Why one record was refused, by code. */
const rowReasons: Readonly<Record<string, Reason>> = {
  key_missing: { is: 'It has no value by which the record is known.', toDo: fixAtSource },
  required_missing: { is: 'A required value is blank.', toDo: fixAtSource },
  columns: {
    is: 'It has more or fewer cells than the header has names.',
    toDo: 'Look for an unquoted delimiter or a line break in a cell, and deliver the file again.',
  },
  date_invalid: {
    is: 'It is no date that exists, or not in the format of the column.',
    toDo: 'Correct the source; or say how the dates of the column are written, such as feeds: { <feed>: { columns: { <column>: { format: dd/MM/yyyy } } } } in schoolhouse.yaml (where its header is named there, too: { header: ..., format: ... }), and replay.',
  },
  date_in_future: {
    is: 'It tells of something after the day on which the file came.',
    toDo: fixAtSource,
  },
  timestamp_invalid: { is: 'It is no moment that exists.', toDo: fixAtSource },
  number_invalid: {
    is: 'It is no number, or one with more digits than are kept.',
    toDo: fixAtSource,
  },
  boolean_invalid: { is: 'It is neither yes nor no.', toDo: fixAtSource },
  status_unknown: {
    is: 'It is not a word of the vocabulary.',
    toDo: 'Say what the word means (feeds.<feed>.valueMap.<column>: { word: code }) and replay.',
  },
  class_id_invalid: {
    is: 'It is not what the name of a class may be.',
    toDo: 'Correct the source, or the pattern of the column in the contract, and replay.',
  },
  score_missing: { is: 'It has no score, and no result that explains why.', toDo: fixAtSource },
  score_negative: { is: 'The score is below zero.', toDo: fixAtSource },
  score_above_max: {
    is: 'The score is above the highest one that is believed.',
    toDo: 'Where extra credit is given: policies: { assessment.max_percent: 120 }, and replay.',
  },
  max_score_missing: { is: 'It has no highest score to compare with.', toDo: fixAtSource },
  max_score_zero: { is: 'Its highest score is zero or less.', toDo: fixAtSource },
  encoding_invalid: {
    is: 'It has bytes that are no text in the encoding of the file.',
    toDo: 'Export the file as UTF-8 and deliver it again.',
  },
  control_character: { is: 'It has characters that no text may have.', toDo: fixAtSource },
  quote_unclosed: { is: 'A quote opens in it and never closes.', toDo: fixAtSource },
  json_invalid: { is: 'It is not JSON.', toDo: fixAtSource },
  json_duplicate_key: { is: 'It has one name twice.', toDo: fixAtSource },
  orphan: {
    is: 'Its student is on no roster that was received.',
    toDo: 'Deliver the students file that has the student: the row comes in by itself.',
  },
  out_of_range: {
    is: 'It is smaller or larger than the contract allows.',
    toDo: 'Correct the source, or the limits in the contract, and replay.',
  },
  pattern_mismatch: {
    is: 'It does not have the form that the contract asks for.',
    toDo: 'Correct the source, or the pattern in the contract, and replay.',
  },
};

/** The codes of the program's own rules. */
export const rowReasonCodes: readonly string[] = Object.keys(rowReasons);

/** Why a whole file was set aside, by code. */
const fileReasons: Readonly<Record<string, Reason>> = {
  feed_unmatched: {
    is: 'No feed takes it by its name and its header, they disagree, or its feed rejects other columns than its own.',
    toDo: 'Name its feed in schoolhouse.yaml (feeds.<feed>.files and columns), or list it under ignore.',
  },
  key_column_missing: {
    is: 'It lacks the column by which its records are known.',
    toDo: 'Say which header is the key: feeds.<feed>.columns in schoolhouse.yaml.',
  },
  key_not_unique: {
    is: 'More than 10 of its rows, and over 1 % of them, share their key with a different row, so it is no key.',
    toDo: 'Name the column that identifies a row: feeds.<feed>.columns in schoolhouse.yaml.',
  },
  json_records: {
    is: 'It has several arrays, and nothing says which one holds the records.',
    toDo: 'Name it: feeds.<feed>.records in schoolhouse.yaml.',
  },
  budget: {
    is: 'Too many of its rows were refused; where onTypeChange is reject, one is too many.',
    toDo: 'Look at the reasons (schoolhouse quarantine list), then mend the file, the contract or quarantine.budget_pct.',
  },
  file_empty: { is: 'It has no bytes.', toDo: 'Deliver it again, or remove it.' },
  file_gone: { is: 'It went away while it was read.', toDo: 'Deliver it again.' },
  file_unsafe: {
    is: 'It is a link, a folder or a device, or an archive that is not safe to unpack.',
    toDo: 'Put the file itself into the drop zone.',
  },
  record_too_long: {
    is: 'One record is longer than any record can be.',
    toDo: 'Look for a quote that never closes, or export it again.',
  },
};

/** A record that was refused for a column of its file: one that the contract lacks, or one that the file lacks. */
const columnReason: Reason = {
  is: 'Its file has other columns than the contract of the feed, and the feed refuses such rows.',
  toDo: 'Name the column under feeds.<feed>.columns, or set feeds.<feed>.onNewColumn or onMissingColumn to evolve, and replay.',
};

const unknown = (code: string): Reason => ({
  is: `The rule ${code} of the contract refused it.`,
  toDo: 'Correct the source, or the rule in the contract, and replay.',
});

/** What the code of a refused record means, for its feed and column. A project's own rule is told as such. */
export const rowReason = (
  code: string,
  { feed, column }: { readonly feed: string; readonly column: string | null },
): Reason => {
  const { is, toDo } =
    code === 'columns' && column !== null ? columnReason : (rowReasons[code] ?? unknown(code));
  return { is, toDo: toDo.replaceAll('<feed>', feed).replaceAll('<column>', column ?? '<column>') };
};

/** What the code of a set-aside file means. */
export const fileReason = (code: string): Reason =>
  fileReasons[code] ?? { is: `It was set aside: ${code}.`, toDo: 'Look at the file.' };
