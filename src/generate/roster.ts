import { padded } from './civil-date.ts';
import { openRandom } from './random-stream.ts';
import type { School } from './school-options.ts';

/** A school day that never comes: a student who stays, a transfer that is not made. */
export const never = 0x7fffffff;

/** Who is where and when. Arrays are by student; days are indexes into the school's days. */
export type Roster = {
  readonly studentIds: readonly string[];
  readonly classIds: readonly string[];
  /** Grade 1-12 of each class. */
  readonly grades: readonly number[];
  readonly classOf: Int32Array;
  readonly firstDay: Int32Array;
  /** The last day with this student, or `never`. */
  readonly lastDay: Int32Array;
  /** The first day in `movedTo`, or `never`. */
  readonly movedOn: Int32Array;
  readonly movedTo: Int32Array;
  /** Attendance rows without what is planted. */
  readonly attendanceRows: number;
};

const classNames = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) => `CLASS-${padded(i + 1, Math.max(2, String(count).length))}`,
  );

/** A class next to `own` of the same grade, or `own` when there is none. */
const neighbour = (own: number, grades: readonly number[]): number => {
  if (grades[own + 1] === grades[own]) return own + 1;
  return own > 0 && grades[own - 1] === grades[own] ? own - 1 : own;
};

/**
 * Seats the students. With movement, about 1.2 % join during the year, 1 % leave and 0.3 % change class; the first
 * student of the school stays, so that no day is empty.
 */
export const buildRoster = (school: School): Roster => {
  const { students, classes, days } = school;
  const random = openRandom(school.seed, 'roster');
  const grades = Array.from({ length: classes }, (_, i) => Math.floor((i * 12) / classes) + 1);
  const studentIds: string[] = [];
  const classOf = new Int32Array(students);
  const firstDay = new Int32Array(students);
  const lastDay = new Int32Array(students).fill(never);
  const movedOn = new Int32Array(students).fill(never);
  const movedTo = new Int32Array(students);
  let attendanceRows = 0;
  let moves = 0;
  // Each is a second row of its student, and a file is set aside when over 1 % of its rows differ under one id.
  const mostMoves = Math.floor(students / 300);
  for (let s = 0; s < students; s += 1) {
    studentIds.push(`S-${padded(s + 1, 6)}`);
    const own = Math.floor((s * classes) / students);
    classOf[s] = own;
    movedTo[s] = own;
    const fate = random.fraction();
    const day = 1 + random.below(Math.max(1, days - 2));
    let attended = days;
    if (school.movement === 'usual' && s > 0 && days > 2) {
      if (fate < 0.012) {
        firstDay[s] = day;
        attended = days - day;
      } else if (fate < 0.022) {
        lastDay[s] = day;
        attended = day + 1;
      } else if (fate < 0.026 && moves < mostMoves && neighbour(own, grades) !== own) {
        moves += 1;
        movedOn[s] = day;
        movedTo[s] = neighbour(own, grades);
      }
    }
    attendanceRows += attended;
  }
  return {
    studentIds,
    classIds: classNames(classes),
    grades,
    classOf,
    firstDay,
    lastDay,
    movedOn,
    movedTo,
    attendanceRows,
  };
};

/** True when the student belongs to the school on a day. */
export const isEnrolled = (roster: Roster, student: number, day: number): boolean =>
  (roster.firstDay[student] ?? never) <= day && day <= (roster.lastDay[student] ?? -1);

/** The class that the student sits in on a day. */
export const classOn = (roster: Roster, student: number, day: number): number =>
  (day >= (roster.movedOn[student] ?? never) ? roster.movedTo[student] : roster.classOf[student]) ??
  0;
