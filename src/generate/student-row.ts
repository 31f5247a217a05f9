import { civilDate, dayNumber, isoDate, padded } from './civil-date.ts';
import { makeEmail, makeName } from './person-name.ts';
import { openRandom } from './random-stream.ts';
import { never, type Roster } from './roster.ts';
import type { SchoolDay } from './school-calendar.ts';
import type { School } from './school-options.ts';
import type { SpoilableColumns } from './spoil-csv.ts';

/** A row in the order of the file. */
export type StudentRow = {
  readonly student_id: string;
  readonly student_name: string;
  readonly class_id: string;
  readonly grade_level: string;
  readonly enrollment_status: string;
  readonly date_of_birth: string;
  readonly email: string;
  readonly enrollment_date: string;
  readonly updated_at: string;
};

export const studentHeader =
  'student_id,student_name,class_id,grade_level,enrollment_status,date_of_birth,email,enrollment_date,updated_at';

/** Columns that planted bad rows of students hit. */
export const studentColumns: SpoilableColumns = {
  keys: ['student_id'],
  dates: ['date_of_birth', 'enrollment_date'],
  happened: 'enrollment_date',
  timestamp: 'updated_at',
  status: 'enrollment_status',
  free: 'student_name',
};

/** What a roster export says of a student: one row, or two when the student changed class. */
export type StudentVersions = {
  readonly row: StudentRow;
  /** The same student after a change of class, newer. */
  readonly moved: StudentRow | undefined;
};

/** Makes the students of a school one after the other. */
export const openStudents = (
  school: School,
  roster: Roster,
  days: readonly SchoolDay[],
): ((student: number) => StudentVersions) => {
  const random = openRandom(school.seed, 'students');
  const first = days[0]?.number ?? 0;
  const { year, month } = civilDate(first);
  // Ages count from the September of the school year.
  const september = month >= 8 ? year : year - 1;
  const dayAt = (index: number): number => days[index]?.number ?? (days.at(-1)?.number ?? 0) + 1;

  return (student) => {
    const own = roster.classOf[student] ?? 0;
    const grade = roster.grades[own] ?? 1;
    // The first name is always one that ASCII cannot write, so that the file is UTF-8 without doubt.
    const name = student === 0 ? 'Zoë Müller' : makeName(random);
    const birth = dayNumber(september - 5 - grade, 9, 1) - 1 - random.below(365);
    const schoolYears = Math.min(grade - 1, random.below(6));
    const joined = roster.firstDay[student] ?? 0;
    const enrolled = joined > 0 ? dayAt(joined) : dayNumber(september - schoolYears, 9, 1);
    const left = roster.lastDay[student] ?? never;
    const updated = left < never ? dayAt(left + 1) : joined > 0 ? enrolled : first - 7;
    const time = `T${padded(9 + random.below(8), 2)}:${padded(random.below(60), 2)}:00`;
    const email = random.below(50) === 0 ? '' : makeEmail(name, student + 1, random);
    const row: StudentRow = {
      student_id: roster.studentIds[student] ?? '',
      student_name: name,
      class_id: roster.classIds[own] ?? '',
      grade_level: String(grade),
      enrollment_status: left < never ? 'WITHDRAWN' : 'ACTIVE',
      date_of_birth: isoDate(birth),
      email,
      enrollment_date: isoDate(Math.min(enrolled, joined > 0 ? enrolled : first)),
      updated_at: `${isoDate(updated)}${time}`,
    };
    const movedOn = roster.movedOn[student] ?? never;
    if (movedOn === never) return { row, moved: undefined };
    const moved = {
      ...row,
      class_id: roster.classIds[roster.movedTo[student] ?? 0] ?? '',
      updated_at: `${isoDate(dayAt(movedOn))}T07:30:00`,
    };
    return { row, moved };
  };
};
