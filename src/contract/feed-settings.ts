import * as shapes from './text-shapes.ts';

const classes = ['public', 'internal', 'personal', 'sensitive'] as const;
const drift = ['evolve', 'ignore', 'quarantine', 'reject'] as const;
const typeChanges = ['quarantine', 'ignore', 'reject'] as const;
const columnTypes = [
  'id',
  'text',
  'integer',
  'number',
  'boolean',
  'date',
  'timestamp',
  'code',
] as const;

export const privacyShape = shapes.choice(classes);
export const driftShape = shapes.choice(drift);
export const typeChangeShape = shapes.fromText(
  'one of quarantine, ignore, reject: a type does not evolve by itself, name the new one in the contract',
  (raw) => typeChanges.find((one) => one === raw),
);
export const loadStrategyShape = shapes.choice(['upsert', 'append', 'replaceBatch']);
/** A label that the platform can decode (WHATWG), such as windows-1252. */
export const encodingShape = shapes.fromText('an encoding such as utf-8 or windows-1252', (raw) => {
  try {
    return new TextDecoder(raw.trim()).encoding;
  } catch {
    return undefined;
  }
});
export const columnTypeShape = shapes.choice(columnTypes);
/** Raw word → code; both as written, so `1`, `yes` and `007` keep their spelling. */
export const valueMapShape = shapes.mapOf(shapes.text('a code'));

/** Letters that RE2 (the engine's) reads as JavaScript does: no look-around, no back references. */
export const patternShape = shapes.fromText(
  'a regular expression without look-around and back references',
  (raw) => {
    if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(raw)) return undefined;
    try {
      new RegExp(raw, 'u');
      return raw;
    } catch {
      return undefined;
    }
  },
);

export const referenceShape = shapes.matching(
  /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/,
  'a feed and column such as students.student_id',
);

/** What the short form may say of a column; a header alone is the usual form. */
const columnSettingsShape = shapes.fromAny(
  (raw) => (typeof raw === 'string' ? { header: raw } : raw),
  shapes.section({
    header: shapes.text('the header in the file').optional(),
    aliases: shapes.textList(shapes.text()).optional(),
    type: columnTypeShape.optional(),
    format: shapes.text().optional(),
    required: shapes.yesNo.optional(),
    privacy: privacyShape.optional(),
    description: shapes.text().optional(),
    minimum: shapes.decimal().optional(),
    maximum: shapes.decimal().optional(),
    pattern: patternShape.optional(),
    maxLength: shapes.wholeNumber(1).optional(),
    happened: shapes.yesNo.optional(),
    nullTokens: shapes.textList().optional(),
    vocabulary: shapes.name.optional(),
    valueMap: valueMapShape.optional(),
    unlisted: shapes.text('quarantine, or a code').optional(),
    blank: shapes.text('a code').optional(),
    references: referenceShape.optional(),
  }),
);

/** A feed in schoolhouse.yaml: everything is optional and merged over the feed's contract, key by key. */
export const feedSettingsShape = shapes.section({
  description: shapes.text().optional(),
  files: shapes.textList(shapes.text()).optional(),
  key: shapes.textList(shapes.name).optional(),
  columns: shapes.mapOf(columnSettingsShape, shapes.namePattern, shapes.nameExpected).optional(),
  valueMap: shapes.mapOf(valueMapShape).optional(),
  nullTokens: shapes.textList().optional(),
  records: shapes.text().optional(),
  encoding: encodingShape.optional(),
  loadStrategy: loadStrategyShape.optional(),
  naturalKey: shapes.textList(shapes.name).optional(),
  naturalKeyUnique: shapes.yesNo.optional(),
  newestBy: shapes.name.optional(),
  onNewColumn: driftShape.optional(),
  onMissingColumn: driftShape.optional(),
  onTypeChange: typeChangeShape.optional(),
});

type OutputOf<S> = S extends shapes.Shape<infer T> ? T : never;

export type FeedSettings = OutputOf<typeof feedSettingsShape>;
export type ColumnSettings = OutputOf<typeof columnSettingsShape>;

/** The keys that a feed may have in schoolhouse.yaml, for the configuration reference. */
export const feedSettingKeys: readonly { readonly key: string; readonly description: string }[] = [
  { key: 'description', description: 'What a record of the feed is.' },
  {
    key: 'files',
    description: 'Patterns of its files, such as raw/Students*.csv; capitals do not count.',
  },
  { key: 'key', description: 'Its id column or columns; a feed without a contract needs them.' },
  {
    key: 'columns',
    description:
      'Column: header in the file; or a section with header, type, format, required, privacy and more.',
  },
  {
    key: 'valueMap',
    description: 'Column: { word in the file: code }, which wins over the vocabulary.',
  },
  { key: 'nullTokens', description: 'Texts that mean null.' },
  {
    key: 'records',
    description: 'Path of the array of records in a JSON object, such as data.items.',
  },
  {
    key: 'encoding',
    description:
      'Encoding of files without a byte-order mark, such as windows-1252; without it UTF-8, or Windows-1252 with a warning.',
  },
  { key: 'loadStrategy', description: 'upsert, append or replaceBatch.' },
  { key: 'naturalKey', description: 'Columns that identify a record where the file lacks the id.' },
  {
    key: 'naturalKeyUnique',
    description: 'true: a repeated natural key is a correction; false: another record.',
  },
  { key: 'newestBy', description: 'The timestamp by which the newest row of a key wins.' },
  {
    key: 'onNewColumn',
    description:
      'For a column that the contract lacks: evolve (default: kept as text in bronze), ignore (not kept), quarantine (a row with a value in it is refused), reject (the file is set aside).',
  },
  {
    key: 'onMissingColumn',
    description:
      'For a column that the file lacks, other than its key: evolve or ignore (default evolve: it is null), quarantine (every row is refused), reject (the file is set aside).',
  },
  {
    key: 'onTypeChange',
    description:
      'For a number, date, time or yes/no that does not fit the type of its column: quarantine (default: the row is refused), ignore (the cell is null, unless it is required), reject (the file is set aside).',
  },
];
