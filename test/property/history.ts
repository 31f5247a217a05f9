import fc from 'fast-check';
import { assessmentsJson, csv } from '../kit/csv.ts';

/** A version of a file and the run before which it is put into the drop zone. */
type Delivery = { readonly run: number; readonly path: string; readonly text: string };

export type History = {
  readonly runs: number;
  readonly deliveries: readonly Delivery[];
  /** True when one run over the last versions alone must end in the same tables. */
  readonly converges: boolean;
  /** True when its tables are treated as if they had millions of rows. */
  readonly isLarge: boolean;
  /** True when a new version of a file of marks takes the place of the one before. */
  readonly replacesBatches: boolean;
};

// A school year's end, and a month's.
const days = ['2024-06-28', '2025-03-31', '2025-04-01', '2025-04-02'] as const;
const pupils = ['s1', 's2', 's3', '007', 's5'] as const;
const classes = ['C1', 'C2', 'C3'] as const;
const statuses = ['P', 'A', 'L', 'E', 'half', 'not taken', ''] as const;

type Cells = readonly (string | number)[];
/** What one file says: `first` is its first version, `second` replaces it, if it does. */
type FilePlan = {
  readonly path: string;
  readonly first: string;
  readonly second: string | undefined;
};

const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const hours = fc
  .integer({ min: 7, max: 18 })
  .map((hour) => `${String(hour).padStart(2, '0')}:00:00`);

// Bad rows have keys of their own and stay bad: they may never win a key from a good row.
const badMark = fc.constantFrom<Cells>(
  ['bad1', 's1', '2025-02-30', 'P', ''],
  ['bad2', 's2', '2025-03-03', 'Q', ''],
  ['', 's1', '2025-03-03', 'P', ''],
  ['bad4', 'nobody', '2025-03-04', 'P', ''],
  ['', '', '', '', ''],
);

const marksHeader = 'attendance_id,student_id,attendance_date,status,created_at';

const mark = (day: string, pupil: string): fc.Arbitrary<Cells> =>
  fc
    .tuple(pick(statuses), hours)
    .map(([status, at]) => [`${day}-${pupil}`, pupil, day, status, `${day}T${at}`]);

/** The rows of a day, some repeated, some bad; the second version has every key of the first. */
const dayFile = (day: string, withBatch: boolean): fc.Arbitrary<FilePlan> =>
  fc
    .record({
      present: fc.subarray([...pupils], { minLength: 1 }),
      late: fc.subarray([...pupils]),
      first: fc.tuple(...pupils.map((pupil) => mark(day, pupil))),
      second: fc.option(fc.tuple(...pupils.map((pupil) => mark(day, pupil))), { nil: undefined }),
      repeated: fc.boolean(),
      bad: fc.array(badMark, { maxLength: 2 }),
    })
    .map(({ present, late, first, second, repeated, bad }) => {
      const rows = (all: readonly Cells[], who: readonly string[]): readonly Cells[] =>
        all.filter((_, index) => who.includes(pupils[index] ?? ''));
      const text = (all: readonly Cells[], who: readonly string[]): string => {
        const kept = rows(all, who);
        return csv(marksHeader, [...kept, ...(repeated ? kept.slice(0, 1) : []), ...bad]);
      };
      const everyone = [...new Set([...present, ...late])];
      return {
        path: withBatch ? `attendance_${day.replaceAll('-', '')}.csv` : `attendance-of-${day}.csv`,
        first: text(first, present),
        second: second === undefined ? undefined : text(second, everyone),
      };
    });

/** Corrections of several days under a name of their own, entered earlier or later than what they correct. */
const corrections: fc.Arbitrary<FilePlan> = fc
  .array(fc.tuple(pick(days), pick(pupils), pick(statuses), hours, pick([-1, 0, 1])), {
    minLength: 1,
    maxLength: 4,
  })
  .map((rows) => ({
    path: 'attendance_corrections.csv',
    first: csv(
      marksHeader,
      rows.map(([day, pupil, status, at, shift]) => {
        const entered = new Date(Date.parse(`${day}T00:00:00Z`) + shift * 86_400_000);
        return [
          `${day}-${pupil}`,
          pupil,
          day,
          status,
          `${entered.toISOString().slice(0, 10)}T${at}`,
        ];
      }),
    ),
    second: undefined,
  }));

const score: fc.Arbitrary<Readonly<Record<string, string | number | null>>> = fc
  .record({
    n: fc.integer({ min: 1, max: 6 }),
    pupil: pick(pupils),
    points: fc.constantFrom(0, 3, 7.25, 10, 11, -1, 'x', null),
    day: pick(days),
    result: fc.constantFrom(null, 'exempt', 'missing'),
  })
  .map(({ n, pupil, points, day, result }) => ({
    // A refused score has an id of its own, so that it never corrects a good one.
    assessment_id:
      typeof points === 'number' && points >= 0 && points <= 10
        ? `x${n}`
        : `bad-x${n}-${String(points)}-${result}`,
    student_id: pupil,
    subject: 'Math',
    score: points,
    max_score: 10,
    result,
    assessment_date: day,
    created_at: `${day}T0${n}:00:00`,
  }));

const assessments: fc.Arbitrary<FilePlan> = fc
  .record({ rows: fc.array(score, { minLength: 1, maxLength: 5 }), again: fc.boolean() })
  .map(({ rows, again }) => ({
    path: 'assessments.json',
    first: assessmentsJson(again ? [...rows, ...rows.slice(0, 1)] : rows),
    second: undefined,
  }));

const studentsHeader =
  'student_id,student_name,class_id,grade_level,enrollment_status,enrollment_date,updated_at';

const student = (id: string, classId: string, status: string, updated: string): Cells => [
  id,
  `Pupil ${id}`,
  classId,
  '7',
  status,
  '2024-09-01',
  updated,
];

type Roll = readonly (readonly [classId: string, status: string])[];
const roll: fc.Arbitrary<Roll> = fc.tuple(
  ...pupils.map(() => fc.tuple(pick(classes), fc.constantFrom('active', 'active', 'withdrawn'))),
);

/** The roster; its second version corrects it under the same or an earlier time, or tells a later change. */
const roster = (isLater: boolean): fc.Arbitrary<FilePlan> =>
  fc
    .record({
      known: fc.subarray([...pupils], { minLength: 2 }),
      more: fc.subarray([...pupils]),
      first: roll,
      second: fc.option(roll, { nil: undefined }),
      isEarlier: fc.boolean(),
    })
    .map(({ known, more, first, second, isEarlier }) => {
      const text = (all: Roll, who: readonly string[], updated: string): string =>
        csv(
          studentsHeader,
          all.flatMap(([classId, status], index) => {
            const id = pupils[index] ?? '';
            return who.includes(id) ? [student(id, classId, status, updated)] : [];
          }),
        );
      const again = isLater
        ? '2025-03-04T09:00:00'
        : isEarlier
          ? '2025-01-05T08:00:00'
          : '2025-01-06T08:00:00';
      return {
        path: 'students.csv',
        first: text(first, known, '2025-01-06T08:00:00'),
        second:
          second === undefined ? undefined : text(second, [...new Set([...known, ...more])], again),
      };
    });

/** Late students and class changes, under a name of their own. */
const moves: fc.Arbitrary<FilePlan> = fc
  .array(fc.tuple(pick(pupils), pick(classes), pick(days)), { minLength: 1, maxLength: 3 })
  .map((rows) => ({
    path: 'students_moves.csv',
    first: csv(
      studentsHeader,
      rows.map(([id, classId, day]) => student(id, classId, 'active', `${day}T06:00:00`)),
    ),
    second: undefined,
  }));

const plan = (isLater: boolean): fc.Arbitrary<readonly FilePlan[]> =>
  fc
    .tuple(
      roster(isLater),
      dayFile(days[0], true),
      dayFile(days[1], false),
      fc.option(dayFile(days[2], true), { nil: undefined }),
      fc.option(corrections, { nil: undefined }),
      fc.option(assessments, { nil: undefined }),
      fc.option(moves, { nil: undefined }),
    )
    .map((files) => files.filter((file) => file !== undefined));

/** Two or three runs; each version comes before one of them, a second version after the first. */
export const history: fc.Arbitrary<History> = fc
  .tuple(fc.boolean(), fc.integer({ min: 2, max: 3 }), fc.boolean(), fc.boolean())
  .chain(([converges, runs, isLarge, replacesBatches]) =>
    plan(!converges).chain((files) =>
      fc.tuple(...files.map(() => fc.tuple(fc.nat(runs - 1), fc.nat(runs - 1)))).map((times) => ({
        runs,
        converges,
        isLarge,
        replacesBatches,
        deliveries: files.flatMap(({ path, first, second }, index): readonly Delivery[] => {
          const [a = 0, b = 0] = times[index] ?? [];
          if (second === undefined) return [{ run: a, path, text: first }];
          if (a === b) return [{ run: a, path, text: second }];
          return [
            { run: Math.min(a, b), path, text: first },
            { run: Math.max(a, b), path, text: second },
          ];
        }),
      })),
    ),
  );
