/** What a policy's value may be; values are kept as text, as reference.policy has them. */
export type PolicyType =
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'decimal'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Text of one form, or a list of items of one form, kept joined with commas. */
  | { readonly kind: 'text'; readonly form: RegExp; readonly is: string }
  | { readonly kind: 'list'; readonly form: RegExp; readonly is: string };

/**
 * Who may have a value of their own: `any` class, grade level or school; a `school` (rules of a day, which
 * know no student); or only the whole `project`, with one value for ever, as it decides what is loaded.
 */
export type PolicyScope = 'any' | 'school' | 'project';

export type Policy = {
  readonly type: PolicyType;
  readonly default: string;
  readonly scope: PolicyScope;
  /** Judged by the row in force on each day; the others by the one in force on as-of. */
  readonly perDay: boolean;
  readonly description: string;
};

type Words = { readonly is: string; readonly scope?: PolicyScope; readonly perDay?: boolean };

const policy = (type: PolicyType, byDefault: string, words: Words): Policy => ({
  type,
  default: byDefault,
  scope: words.scope ?? 'any',
  perDay: words.perDay ?? false,
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

const perDay = { scope: 'school', perDay: true } as const;
const project = { scope: 'project' } as const;

/** Every policy, by key. Thresholds and codes with no standard behind them say so. */
export const policies: Readonly<Record<string, Policy>> = {
  'attendance.half_day_is': choice(['absent', 'present', 'half'], {
    ...perDay,
    is: 'What half a day counts as: a day absent (EDFacts FS195: 50 % or more missed), a day present (Connecticut), or half a day.',
  }),
  'attendance.period_rule': choice(['half', 'any_present'], {
    ...perDay,
    is: 'How periods make a day: absent when at least half of the periods taken are absent, or only when all are.',
  }),
  'attendance.recording': choice(['every_student', 'exceptions'], {
    ...perDay,
    is: 'Whether the source lists every student, or only those who are not present (Schoology).',
  }),
  'attendance.roll_evidence': choice(['any_row_in_school', 'any_row_in_class', 'calendar'], {
    ...perDay,
    is: 'What proves that roll was called where only exceptions are recorded.',
  }),
  'attendance.blank_status': choice(['not_taken', 'quarantine'], {
    ...project,
    is: 'What a blank status is: attendance not taken, or a row to refuse.',
  }),
  'chronic.threshold_pct': percent(10, {
    is: 'Percent of counted days absent at which a student is chronically absent (EDFacts FS195, Attendance Works).',
  }),
  'chronic.min_days': integer(10, {
    is: 'Counted days below which nobody is called chronically absent (FS195 2018: 10; EDU 20, California 31).',
  }),
  'chronic.tiers': policy(
    { kind: 'list', form: /^\d{1,3}(\.\d+)?$/, is: 'three percentages such as 5,10,20' },
    '5,10,20',
    { is: 'Percent absent where at_risk, moderate and severe begin (Attendance Works).' },
  ),
  'chronic.excused_counts': boolean(true, {
    is: 'Whether excused days count as absent when chronic absence is decided.',
  }),
  'truancy.year_days': integer(10, {
    minimum: 1,
    is: 'Unexcused days in a school year that make a student truant (Connecticut Gen. Stat. 10-198a).',
  }),
  'truancy.window_days': integer(4, {
    minimum: 1,
    is: 'Unexcused days inside the window that make a student truant (Connecticut Gen. Stat. 10-198a).',
  }),
  'truancy.window_length': integer(30, {
    minimum: 1,
    is: 'Calendar days of that window, both ends included.',
  }),
  'truancy.unknown_is_unexcused': boolean(false, {
    is: 'Whether an absence without a reason counts as unexcused.',
  }),
  'trend.rolling_days': integer(20, {
    ...project,
    minimum: 1,
    is: 'Instructional days in the rolling attendance rate.',
  }),
  'trend.min_days': integer(5, {
    ...project,
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
    is: 'Whether a missing assessment is averaged as 0 (OneRoster 1.2 keeps them apart).',
  }),
  'grade.scale': policy(
    {
      kind: 'list',
      form: /^[A-Z][+-]?\d{1,3}(\.\d+)?$/,
      is: 'letters with the percent they begin at, such as A90,B80',
    },
    'A90,B80,C70,D60,F0',
    { is: 'Letters and the exact average at which each begins.' },
  ),
  'top.min_assessments': integer(1, {
    ...project,
    minimum: 1,
    is: 'Scored assessments that a student needs to be ranked.',
  }),
  'top.limit': integer(10, { ...project, minimum: 1, is: 'Ranks listed; ties stay.' }),
  'homework.grace_days': integer(0, { is: 'Days after the due date that are still on time.' }),
  'engagement.weights': policy(
    {
      kind: 'list',
      form: /^[a-z_]+:\d+(\.\d+)?(:\d+)?$/,
      is: 'event:weight or event:weight:cap, such as login:1:5',
    },
    'login:1:5,resource_view:1:10,video_view:2:10,discussion_reply:2:10,discussion_post:3:10,quiz_attempt:4:10,assignment_submission:5',
    {
      ...project,
      is: 'Weight of an event and its cap a day in the engagement score (ours; no standard).',
    },
  ),
  'quiz.attempts': choice(['all', 'best', 'latest', 'first'], {
    is: 'Which attempts at a quiz count.',
  }),
  'video.complete_pct': percent(90, {
    is: 'Percent watched at which a video is completed (ours; no standard).',
  }),
  'ew.profile': choice(
    ['schoolhouse', 'balfanz', 'edfi_amt', 'attendance_80', 'student360', 'somerville'],
    { is: 'Rules of early warning (Balfanz et al. 2007; Ed-Fi AMT 2024; Somerville).' },
  ),
  'suppress.min_n': integer(10, {
    ...project,
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
    ...project,
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
      form: /^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
      is: 'a month and day such as 07-01',
    },
    '07-01',
    { ...project, is: 'First day of an academic year where no calendar is given.' },
  ),
  'students.missing_from_file': choice(['keep', 'inactive'], {
    ...project,
    is: 'What becomes of a student whom a new file of the roster lacks.',
  }),
};
