/** What a policy's value may be; values are kept as text, as reference.policy has them. */
export type PolicyType =
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'decimal'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Text of one form, or a list of items of one form, kept joined with commas. */
  | { readonly kind: 'text'; readonly form: RegExp; readonly is: string }
  | {
      readonly kind: 'list';
      readonly form: RegExp;
      readonly is: string;
      /** What the items must be to each other. */
      readonly fits?: (items: readonly string[]) => boolean;
    };

/**
 * What may have a value of its own: a class or grade level of a `student`; a span of days, for a rule of the
 * `day`, which knows no student; or only the whole `project`, with one value for ever.
 */
export type PolicyScope = 'student' | 'day' | 'project';

export type Policy = {
  readonly type: PolicyType;
  readonly default: string;
  /** A rule of the `day` is judged by the row in force on each day; the others by the one in force on as-of. */
  readonly scope: PolicyScope;
  /** True while the tables that it belongs to are still to come: it is accepted, and changes nothing yet. */
  readonly isLater: boolean;
  readonly description: string;
};

type Words = { readonly is: string; readonly scope?: PolicyScope; readonly isLater?: boolean };

const policy = (type: PolicyType, byDefault: string, words: Words): Policy => ({
  type,
  default: byDefault,
  scope: words.scope ?? 'student',
  isLater: words.isLater ?? false,
  description: words.is,
});

const integer = (
  byDefault: number,
  words: Words & { minimum?: number; maximum?: number },
): Policy => {
  const { minimum = 0, maximum } = words;
  const type = { kind: 'integer', minimum, ...(maximum === undefined ? {} : { maximum }) } as const;
  return policy(type, String(byDefault), words);
};

const percent = (byDefault: number, words: Words & { maximum?: number }): Policy =>
  policy({ kind: 'decimal', minimum: 0, maximum: words.maximum ?? 100 }, String(byDefault), words);

const boolean = (byDefault: boolean, words: Words): Policy =>
  policy({ kind: 'boolean' }, String(byDefault), words);

/** The first of the choices is the default. */
const choice = (choices: readonly [string, ...string[]], words: Words): Policy =>
  policy({ kind: 'choice', choices }, choices[0], words);

const day = { scope: 'day' } as const;
const project = { scope: 'project' } as const;
/** Of students, or of the project, and of tables that are still to come. */
const later = { scope: 'student', isLater: true } as const;
const laterProject = { scope: 'project', isLater: true } as const;

const areAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) < number);

const percentOf = (letter: string): number => Number(letter.replace(/^[A-Z][+-]?/, ''));

/** Each letter once, the best first. */
const isScale = (letters: readonly string[]): boolean =>
  areAscending(letters.map(percentOf).reverse()) &&
  new Set(letters.map((letter) => letter.replace(/[\d.]+$/, ''))).size === letters.length;

/** A month and day that every year has: no 29 February. */
const dayOfEveryYear =
  /^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))$/;

/** Every policy, by key. Thresholds and codes with no standard behind them say so. */
export const policies: Readonly<Record<string, Policy>> = {
  'attendance.half_day_is': choice(['absent', 'present', 'half'], {
    ...day,
    is: 'What half a day counts as: a day absent (EDFacts FS195: 50 % or more missed), a day present (Connecticut), or half a day.',
  }),
  'attendance.period_rule': choice(['half', 'any_present'], {
    ...day,
    is: 'How periods make a day: absent when at least half of the periods taken are absent, or only when all are.',
  }),
  'attendance.recording': choice(['every_student', 'exceptions'], {
    ...day,
    is: 'Whether the source lists every student, or only those who are not present (Schoology).',
  }),
  'attendance.roll_evidence': choice(['any_row_in_school', 'any_row_in_class', 'calendar'], {
    ...day,
    is: 'What proves that roll was called where only exceptions are recorded.',
  }),
  'attendance.blank_status': choice(['not_taken', 'quarantine'], {
    ...project,
    is: 'What a blank status is: attendance not taken, or a row to refuse.',
  }),
  'chronic.threshold_pct': percent(10, {
    ...later,
    is: 'Percent of counted days absent at which a student is chronically absent (EDFacts FS195, Attendance Works).',
  }),
  'chronic.min_days': integer(10, {
    ...later,
    is: 'Counted days below which nobody is called chronically absent (FS195 2018: 10; EDU 20, California 31).',
  }),
  'chronic.tiers': policy(
    {
      kind: 'list',
      form: /^(100(\.0+)?|\d{1,2}(\.\d+)?)$/,
      is: 'three ascending percentages such as 5,10,20',
      fits: (items) => items.length === 3 && areAscending(items.map(Number)),
    },
    '5,10,20',
    { ...later, is: 'Percent absent where at_risk, moderate and severe begin (Attendance Works).' },
  ),
  'chronic.excused_counts': boolean(true, {
    ...later,
    is: 'Whether excused days count as absent when chronic absence is decided.',
  }),
  'truancy.year_days': integer(10, {
    minimum: 1,
    ...later,
    is: 'Unexcused days in a school year that make a student truant (Connecticut Gen. Stat. 10-198a).',
  }),
  'truancy.window_days': integer(4, {
    minimum: 1,
    ...later,
    is: 'Unexcused days inside the window that make a student truant (Connecticut Gen. Stat. 10-198a).',
  }),
  'truancy.window_length': integer(30, {
    minimum: 1,
    ...later,
    is: 'Calendar days of that window, both ends included.',
  }),
  'truancy.unknown_is_unexcused': boolean(false, {
    ...later,
    is: 'Whether an absence without a reason counts as unexcused.',
  }),
  'trend.rolling_days': integer(20, {
    ...laterProject,
    minimum: 1,
    is: 'Instructional days in the rolling attendance rate.',
  }),
  'trend.min_days': integer(5, {
    ...laterProject,
    minimum: 1,
    is: 'Days below which the rolling rate is not shown.',
  }),
  'assessment.default_max_score': policy({ kind: 'decimal', minimum: 0.000001 }, '100', {
    ...project,
    is: 'Highest score where the file has no max_score column.',
  }),
  'assessment.max_percent': percent(100, {
    ...project,
    maximum: 1000,
    is: 'Percent above which a score is not believed; 120 allows extra credit.',
  }),
  'assessment.above_max': choice(['quarantine', 'clip', 'keep'], {
    ...project,
    is: 'What happens to a score above that: refused, cut to it (raw kept, marked), or kept.',
  }),
  'assessment.blank_score': choice(['quarantine', 'missing'], {
    ...project,
    is: 'What a blank score is when no result explains it: a row to refuse, or a missing assessment.',
  }),
  'assessment.missing_as_zero': boolean(false, {
    ...day,
    is: 'Whether a missing assessment is averaged as 0 (OneRoster 1.2 keeps them apart).',
  }),
  'grade.scale': policy(
    {
      kind: 'list',
      form: /^[A-Z][+-]?\d{1,3}(\.\d+)?$/,
      is: 'letters with the percent they begin at, each once and the highest first, such as A90,B80',
      fits: isScale,
    },
    'A90,B80,C70,D60,F0',
    { ...later, is: 'Letters and the exact average at which each begins.' },
  ),
  'top.min_assessments': integer(1, {
    ...laterProject,
    minimum: 1,
    is: 'Scored assessments that a student needs to be ranked.',
  }),
  'top.limit': integer(10, { ...laterProject, minimum: 1, is: 'Ranks listed; ties stay.' }),
  'homework.grace_days': integer(0, {
    ...later,
    is: 'Days after the due date that are still on time.',
  }),
  'engagement.weights': policy(
    {
      kind: 'list',
      form: /^[a-z_]+:\d+(\.\d+)?(:\d+)?$/,
      is: 'event:weight or event:weight:cap, such as login:1:5',
    },
    'login:1:5,resource_view:1:10,video_view:2:10,discussion_reply:2:10,discussion_post:3:10,quiz_attempt:4:10,assignment_submission:5',
    {
      ...laterProject,
      is: 'Weight of an event and its cap a day in the engagement score (ours; no standard).',
    },
  ),
  'quiz.attempts': choice(['all', 'best', 'latest', 'first'], {
    ...later,
    is: 'Which attempts at a quiz count.',
  }),
  'video.complete_pct': percent(90, {
    ...later,
    is: 'Percent watched at which a video is completed (ours; no standard).',
  }),
  'ew.profile': choice(
    ['schoolhouse', 'balfanz', 'edfi_amt', 'attendance_80', 'student360', 'somerville'],
    { ...later, is: 'Rules of early warning (Balfanz et al. 2007; Ed-Fi AMT 2024; Somerville).' },
  ),
  'suppress.min_n': integer(10, {
    ...laterProject,
    minimum: 1,
    is: 'Students behind a served number below which it is hidden (NCES 2011-603).',
  }),
  'class.unassigned': choice(['row', 'drop'], {
    ...project,
    is: 'Whether students without a class that day make a row UNASSIGNED, so that classes sum to the school.',
  }),
  'summary.window': choice(['all', 'academic_year'], {
    ...project,
    is: 'Days that student_performance_summary covers.',
  }),
  'enrollment.end_inclusive': boolean(true, {
    ...laterProject,
    is: 'Whether the end date of an enrollment is still a day enrolled (EDU).',
  }),
  'enrollment.infer_from_facts': boolean(true, {
    ...project,
    is: 'Whether a student first seen inactive was enrolled until the last fact.',
  }),
  'calendar.infer': choice(['school', 'class'], {
    ...project,
    is: 'Whose counted attendance makes a date a school day where no calendar is given.',
  }),
  'year.start': policy(
    {
      kind: 'text',
      form: dayOfEveryYear,
      is: 'a month and a day that every year has, such as 07-01',
    },
    '07-01',
    { ...project, is: 'First day of an academic year where no calendar is given.' },
  ),
  'students.missing_from_file': choice(['keep', 'inactive'], {
    ...laterProject,
    is: 'What becomes of a student whom a new file of the roster lacks.',
  }),
};
