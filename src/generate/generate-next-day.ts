import { type Effects, pipelineError } from '../base/index.ts';
import { openAttendanceModel } from './attendance-model.ts';
import {
  type AttendanceRow,
  attendanceHeader,
  attendanceId,
  rollTime,
  wordOf,
} from './attendance-row.ts';
import { csvRow } from './csv-row.ts';
import { generateErrors } from './errors.ts';
import { planSchool, type SchoolPlan } from './plan-school.ts';
import { openRandom, shuffle } from './random-stream.ts';
import { classOn, isEnrolled } from './roster.ts';
import { type RowFile, requireAbsent, withRowFile } from './row-file.ts';
import { type SchoolDay, schoolDays } from './school-calendar.ts';
import type { SchoolOptions } from './school-options.ts';
import { type GeneratedFile, openTally, type Tally } from './tally.ts';

/** The options of the school that was generated, and what its next file holds. */
export type NextDayOptions = SchoolOptions & {
  /** 1 (default) is the first school day after the school's last one. */
  readonly after?: number | undefined;
  /** At most so many rows of the new day; default every student of the school. */
  readonly rows?: number | undefined;
  /** Rows of the school's first month with their ids, newer and as early departures. Default 0. */
  readonly corrections?: number | undefined;
};

export type GeneratedNextDay = {
  readonly date: string;
  readonly file: GeneratedFile;
  /** Rows of earlier files that count as superseded once this file is loaded. */
  readonly supersedes: number;
};

/** Good rows of the days before `index`: the id of a day's first row follows it. */
const rowsBefore = ({ school, roster }: SchoolPlan, index: number): number => {
  let rows = 0;
  for (let s = 0; s < school.students; s += 1) {
    const first = roster.firstDay[s] ?? 0;
    rows += Math.max(0, Math.min(index, (roster.lastDay[s] ?? 0) + 1) - first);
  }
  return rows;
};

/** Corrections of good rows of the first month, as many of each of its days as of the others. */
const correctionsOf = (plan: SchoolPlan, count: number, createdAt: string): readonly string[] => {
  const { school, days, roster, plants } = plan;
  const month = days[0]?.date.slice(0, 7);
  const monthDays = days.filter((day) => day.date.slice(0, 7) === month);
  const taken = new Set(plants.attendance.positions);
  const random = openRandom(school.seed, `corrections ${createdAt}`);
  const lines: string[] = [];
  monthDays.forEach((day, index) => {
    const wished = Math.floor(((index + 1) * count) / monthDays.length) - lines.length;
    const free: AttendanceRow[] = [];
    let ordinal = rowsBefore(plan, index);
    for (let s = 0; s < school.students; s += 1) {
      if (!isEnrolled(roster, s, index)) continue;
      // A planted row is refused, repeated or corrected already: its id would change what was counted there.
      if (!taken.has(ordinal)) {
        free.push({
          attendance_id: attendanceId(ordinal + 1),
          student_id: roster.studentIds[s] ?? '',
          attendance_date: day.date,
          status: 'EARLY_DEPARTURE',
          created_at: createdAt,
        });
      }
      ordinal += 1;
    }
    for (const row of shuffle(free, random).slice(0, wished))
      lines.push(csvRow(Object.values(row)));
  });
  if (lines.length < count) {
    throw pipelineError(generateErrors, 'generate.too-many-defects', {
      feed: 'attendance',
      planted: count,
      room: lines.length,
    });
  }
  return lines;
};

const newRows = (
  plan: SchoolPlan,
  day: SchoolDay,
  index: number,
  limit: number,
): readonly string[] => {
  const { school, roster } = plan;
  const model = openAttendanceModel(school, roster, `attendance ${day.date}`);
  model.startDay(index, day);
  const lines: string[] = [];
  let id = rowsBefore(plan, index);
  for (let s = 0; s < school.students && lines.length < limit; s += 1) {
    if (!isEnrolled(roster, s, index)) continue;
    id += 1;
    const row: AttendanceRow = {
      attendance_id: attendanceId(id),
      student_id: roster.studentIds[s] ?? '',
      attendance_date: day.date,
      status: wordOf(model.statusOf(s)),
      created_at: `${day.date}T${rollTime(classOn(roster, s, index), index)}`,
    };
    lines.push(csvRow(Object.values(row)));
  }
  return lines;
};

/**
 * Writes `attendance_YYYYMMDD.csv` for a school day after those of `generateSchool(options)`: one row a student, then
 * corrections of old rows. All its rows are good. Throws `generate.file-exists` and usage errors like generateSchool.
 */
export const generateNextDay = async (
  options: NextDayOptions,
  effects: Pick<Effects, 'fs'>,
): Promise<GeneratedNextDay> => {
  const { after = 1, rows = Number.POSITIVE_INFINITY, corrections = 0, ...schoolOptions } = options;
  const plan = planSchool(schoolOptions);
  const { school } = plan;
  const index = school.days + after - 1;
  const day = schoolDays(school.startDate, index + 1)[index];
  if (day === undefined || after < 1) {
    const facts = { option: 'after', lowest: 1, highest: 5000 };
    throw pipelineError(generateErrors, 'generate.option-range', facts);
  }
  const lines = [
    ...newRows(plan, day, index, rows),
    ...correctionsOf(plan, corrections, `${day.date}T16:20:00`),
  ];
  const name = `attendance_${day.date.replaceAll('-', '')}.csv`;
  await requireAbsent(school.folder, [name], effects);
  await effects.fs.makeFolder(school.folder);
  const write = async (file: RowFile): Promise<Tally> => {
    const tally = openTally(file.path, 'attendance', 2);
    await file.write(`${attendanceHeader}\n`);
    for (const line of lines) await file.write(`${line}\n`);
    tally.good(lines.length);
    return tally;
  };
  const tally = await withRowFile(school.folder, name, write, effects);
  return { date: day.date, file: tally.file(), supersedes: corrections };
};
