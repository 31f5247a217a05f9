import { openRandom, type RandomStream } from './random-stream.ts';
import { classOn, type Roster } from './roster.ts';
import type { SchoolDay } from './school-calendar.ts';
import type { School } from './school-options.ts';

/** The words that attendance is written with; the model speaks in indexes of this list. */
export const attendanceWords = [
  'PRESENT',
  'LATE',
  'EARLY_DEPARTURE',
  'ABSENT',
  'EXCUSED',
  'UNEXCUSED',
  'HALF_DAY',
  'SUSPENDED',
  'NOT_TAKEN',
] as const;

const indexOf = (word: (typeof attendanceWords)[number]): number => attendanceWords.indexOf(word);

const present = indexOf('PRESENT');
const late = indexOf('LATE');
const early = indexOf('EARLY_DEPARTURE');
const absent = indexOf('ABSENT');
const excused = indexOf('EXCUSED');
const unexcused = indexOf('UNEXCUSED');
const halfDay = indexOf('HALF_DAY');
const suspended = indexOf('SUSPENDED');
const notTaken = indexOf('NOT_TAKEN');

/** Asks student by student, day by day in order: absences last, so the answers depend on those before. */
export type AttendanceModel = {
  readonly startDay: (index: number, day: SchoolDay) => void;
  /** Index into `attendanceWords`. */
  readonly statusOf: (student: number) => number;
};

/** Share of days on which an absence of this student begins: most under 3 %, about 1 in 12 chronically absent. */
const propensity = (random: RandomStream): number => {
  const kind = random.fraction();
  if (kind < 0.68) return 0.004 + 0.022 * random.fraction();
  if (kind < 0.9) return 0.025 + 0.04 * random.fraction();
  return kind < 0.98 ? 0.06 + 0.08 * random.fraction() : 0.14 + 0.24 * random.fraction();
};

/** Flu comes in two waves, Mondays and Fridays are weaker. */
const dayFactor = (index: number, day: SchoolDay, days: number): number => {
  const share = index / days;
  const wave = (centre: number, height: number): number =>
    height * Math.max(0, 1 - Math.abs(share - centre) / 0.045);
  const edge = day.weekday === 5 ? 1.18 : day.weekday === 1 ? 1.1 : 1;
  return edge * (1 + wave(0.4, 1.6) + wave(0.58, 1));
};

const allWords = 2 ** 32;

/** Opens the attendance of a roster. `label` names the stream: equal labels give equal statuses. */
export const openAttendanceModel = (
  school: School,
  roster: Roster,
  label: string,
): AttendanceModel => {
  const traits = openRandom(school.seed, 'attendance traits');
  const random = openRandom(school.seed, label);
  const absentBelow = new Float64Array(school.students);
  const lateBelow = new Float64Array(school.students);
  const streakLeft = new Uint8Array(school.students);
  const streakStatus = new Uint8Array(school.students);
  const isTaken = new Uint8Array(school.classes);
  for (let s = 0; s < school.students; s += 1) {
    absentBelow[s] = propensity(traits) * allWords;
    lateBelow[s] = 0.09 * traits.fraction() * traits.fraction() * allWords;
  }
  const earlyAbove = 0.9975 * allWords;
  let factor = 1;
  let today = 0;

  const stay = (student: number, status: number, days: number): number => {
    streakLeft[student] = days;
    streakStatus[student] = status;
    return status;
  };

  const beginAbsence = (student: number): number => {
    const kind = random.below(1000);
    if (kind < 480) return stay(student, excused, kind < 240 ? 0 : 1 + random.below(4));
    if (kind < 760) return stay(student, unexcused, kind < 660 ? 0 : 1 + random.below(3));
    if (kind < 900) return absent;
    return kind < 985 ? halfDay : stay(student, suspended, random.below(4));
  };

  return {
    startDay: (index, day) => {
      today = index;
      factor = dayFactor(index, day, school.days);
      for (let c = 0; c < school.classes; c += 1) isTaken[c] = random.below(400) === 0 ? 0 : 1;
    },
    statusOf: (student) => {
      const draw = random.next();
      if (isTaken[classOn(roster, student, today)] === 0) return notTaken;
      const left = streakLeft[student] ?? 0;
      if (left > 0) {
        streakLeft[student] = left - 1;
        return streakStatus[student] ?? absent;
      }
      const threshold = (absentBelow[student] ?? 0) * factor;
      if (draw < threshold) return beginAbsence(student);
      if (draw < threshold + (lateBelow[student] ?? 0)) return late;
      return draw > earlyAbove ? early : present;
    },
  };
};
