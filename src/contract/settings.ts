import * as shapes from './text-shapes.ts';

export type SettingKind = 'text' | 'list' | 'integer' | 'number' | 'boolean' | 'choice' | 'size';

/** One setting of schoolhouse.yaml; its key is `section.name` or a name at the top. */
export type Setting<T> = {
  readonly kind: SettingKind;
  readonly shape: shapes.Shape<T>;
  readonly default: T;
  /** What docs say instead of the default where it depends on the project. */
  readonly defaultSaid?: string;
  readonly description: string;
  /** Never printed, not even by doctor. */
  readonly secret: boolean;
};

type Words = { readonly is: string; readonly defaultSaid?: string; readonly secret?: boolean };

const setting = <T>(
  kind: SettingKind,
  shape: shapes.Shape<T>,
  byDefault: T,
  { is, defaultSaid, secret = false }: Words,
): Setting<T> => ({
  kind,
  shape,
  default: byDefault,
  description: is,
  secret,
  ...(defaultSaid === undefined ? {} : { defaultSaid }),
});

const optionalText = (words: Words): Setting<string | null> =>
  setting('text', shapes.orNone(shapes.text()), null, words);

const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const timeZone = shapes.fromText('a time zone such as Europe/Berlin or America/New_York', (raw) =>
  isTimeZone(raw) ? raw : undefined,
);

/** The zone that the machine's TZ names, if it names one; POSIX writes it with a colon, too. */
export const timeZoneOfMachine = (tz: string | undefined): string | undefined => {
  const zone = tz?.replace(/^:/, '');
  return zone !== undefined && zone !== '' && isTimeZone(zone) ? zone : undefined;
};

const percent = shapes.decimal(0, 100);

/** Every setting: the configuration reference is written from this table, and `doctor` lists it. */
export const settings = {
  name: setting('text', shapes.orNone(shapes.text()), null, {
    is: 'Name of the school or district, as status shows it.',
    defaultSaid: 'the name of the project folder',
  }),
  timezone: setting('text', timeZone, 'UTC', {
    is: 'Time zone in which a moment becomes a school day; set it, so that every machine makes the same tables.',
    defaultSaid: 'the zone in the environment variable TZ, else UTC',
  }),
  'sources.local': setting('list', shapes.textList(shapes.pathBelow), ['data/raw'], {
    is: 'Folders or patterns of files, below the project folder, in which exports arrive.',
  }),
  ignore: setting('list', shapes.textList(shapes.text()), [] as string[], {
    is: 'Patterns of files in the sources that are left alone.',
  }),
  'lake.keep': setting('integer', shapes.wholeNumber(1, 100_000), 30, {
    is: 'Number of data commits that stay readable.',
  }),
  'lake.grace_days': setting('number', shapes.decimal(0, 3650), 7, {
    is: 'Days that a part stays after the last snapshot that names it.',
  }),
  'quarantine.budget_pct': setting('number', percent, 5, {
    is: 'Percent of the rows of a feed and run that may be refused; exceeded only together with budget_rows.',
  }),
  'quarantine.budget_rows': setting('integer', shapes.wholeNumber(0), 10, {
    is: 'Rows of a feed and run that may be refused, whatever percent they are.',
  }),
  'quarantine.orphan_budget': setting('number', shapes.orNone(percent), null, {
    is: 'Percent of the rows of a feed and run that may wait for a student who is not on the roster.',
    defaultSaid: 'no limit',
  }),
  'run.memory_limit': setting('size', shapes.orNone(shapes.byteSize), null, {
    is: 'Memory that the engine may use, such as 1GB; beyond it, it spills to data/tmp.',
    defaultSaid: '60 % of the memory, at most 2.5 GB',
  }),
  'students.infer': setting('choice', shapes.choice(['auto', 'true', 'false']), 'auto', {
    is: 'Whether students are made from facts: auto does so until a students file was accepted.',
  }),
  'students.max_missing': setting('number', percent, 20, {
    is: 'Percent of the roster that a new students file may lack before the run warns that it looks cut off.',
  }),
  'privacy.key_secret': optionalText({
    is: 'Secret from which keys are made (HMAC-SHA-256), so that nobody can reverse them by trying every number; changing it changes all keys.',
    defaultSaid: 'none: keys are plain SHA-256, which can be reversed by trying',
    secret: true,
  }),
} as const;

export type SettingKey = keyof typeof settings;

/** The value of each setting, by key. */
export type SettingValues = {
  readonly [K in SettingKey]: (typeof settings)[K] extends Setting<infer T> ? T : never;
};

/** Where a value came from; the first that speaks wins, in this order. */
export type SettingSource = 'flag' | 'environment' | 'file' | 'default';
