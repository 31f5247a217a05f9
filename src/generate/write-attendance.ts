import type { Effects } from '../base/index.ts';
import { openAttendanceModel } from './attendance-model.ts';
import {
  type AttendanceRow,
  attendanceColumns,
  attendanceHeader,
  correctedRow,
  openAttendanceIds,
  rollTime,
  wordOf,
} from './attendance-row.ts';
import { csvRow } from './csv-row.ts';
import type { FeedPlan } from './plan-plants.ts';
import type { SchoolPlan } from './plan-school.ts';
import { classOn, isEnrolled, type Roster } from './roster.ts';
import { type RowFile, withRowFile } from './row-file.ts';
import type { SchoolDay } from './school-calendar.ts';
import type { School } from './school-options.ts';
import { spoilCsv } from './spoil-csv.ts';
import {
  type GeneratedFile,
  openTally,
  type PlantedRow,
  type Tally,
  type WrittenFiles,
} from './tally.ts';

/** Rows are made in blocks of so many students, so that no day of a big school is held in memory. */
const blockStudents = 16_384;

type Piece = string | Uint8Array;
type Day = {
  readonly index: number;
  readonly day: SchoolDay;
  readonly tally: Tally;
  /** End of a row by class: the comma, created_at and newline. */
  readonly tails: readonly string[];
  /** Repeated and corrected rows, for the end of the day. */
  readonly later: { readonly kind: 'duplicate' | 'correction'; readonly line: string }[];
};

const planTails = (school: School, index: number, day: SchoolDay): readonly string[] =>
  Array.from({ length: school.classes }, (_, c) => `,${day.date}T${rollTime(c, index)}\n`);

/** Makes the rows of a school one day after the other; the nth good row has id n whatever is planted. */
const openRows = (school: School, roster: Roster, plan: FeedPlan) => {
  const model = openAttendanceModel(school, roster, 'attendance');
  const idOf = openAttendanceIds();
  let ordinal = 0;
  let nextPlant = 0;
  let nextPosition = plan.positions[0] ?? -1;

  const plant = (row: AttendanceRow, today: Day): Piece => {
    const planted = plan.plants[nextPlant];
    nextPlant += 1;
    nextPosition = plan.positions[nextPlant] ?? -1;
    const line = `${csvRow(Object.values(row))}\n`;
    if (planted?.kind === 'bad') {
      const bad = spoilCsv(row, planted.codes, planted.variant, attendanceColumns);
      today.tally.bad(bad.faults);
      return bad.text;
    }
    today.tally.good(1);
    switch (planted?.kind) {
      case 'duplicate':
        today.later.push({ kind: 'duplicate', line });
        return line;
      case 'correction': {
        const corrected = correctedRow(row, `${row.attendance_date}T15:40:00`);
        today.later.push({ kind: 'correction', line: `${csvRow(Object.values(corrected))}\n` });
        return line;
      }
      case 'blank':
        today.tally.blank();
        return `${line},,,,\n`;
      default:
        return line;
    }
  };

  const block = (today: Day, from: number, to: number): readonly Piece[] => {
    const pieces: Piece[] = [];
    const middle = `,${today.day.date},`;
    let text = '';
    let good = 0;
    for (let s = from; s < to; s += 1) {
      if (!isEnrolled(roster, s, today.index)) continue;
      const status = wordOf(model.statusOf(s));
      const tail = today.tails[classOn(roster, s, today.index)] ?? '\n';
      const studentId = roster.studentIds[s] ?? '';
      ordinal += 1;
      if (ordinal - 1 !== nextPosition) {
        text += `${idOf(ordinal)},${studentId}${middle + status}${tail}`;
        good += 1;
        continue;
      }
      today.tally.good(good);
      good = 0;
      const row: AttendanceRow = {
        attendance_id: idOf(ordinal),
        student_id: studentId,
        attendance_date: today.day.date,
        status,
        created_at: tail.slice(1, -1),
      };
      const piece = plant(row, today);
      if (typeof piece === 'string') {
        text += piece;
      } else {
        pieces.push(text, piece);
        text = '';
      }
    }
    today.tally.good(good);
    return [...pieces, text];
  };
  return { startDay: model.startDay, block };
};

const writeDay = async (
  rows: ReturnType<typeof openRows>,
  today: Day,
  students: number,
  file: RowFile,
): Promise<void> => {
  rows.startDay(today.index, today.day);
  for (let from = 0; from < students; from += blockStudents) {
    const pieces = rows.block(today, from, Math.min(students, from + blockStudents));
    for (const piece of pieces) await file.write(piece);
  }
  for (const { kind, line } of today.later) {
    await file.write(line);
    today.tally[kind]();
  }
};

/** The names of the attendance files of a school, with the indexes of their days. */
export const attendanceFiles = (
  school: School,
  days: readonly SchoolDay[],
): readonly { readonly name: string; readonly indexes: readonly number[] }[] =>
  school.files === 'single'
    ? [{ name: 'attendance.csv', indexes: [...days.keys()] }]
    : days.map((day, index) => ({
        name: `attendance_${day.date.replaceAll('-', '')}.csv`,
        indexes: [index],
      }));

/** Writes one row for each student and day, in one file or one a day, with what the plan plants among them. */
export const writeAttendance = async (
  { school, roster, days, plants }: SchoolPlan,
  effects: Pick<Effects, 'fs'>,
): Promise<WrittenFiles> => {
  const rows = openRows(school, roster, plants.attendance);
  const files: GeneratedFile[] = [];
  const planted: PlantedRow[] = [];
  for (const { name, indexes } of attendanceFiles(school, days)) {
    const write = async (file: RowFile): Promise<Tally> => {
      const tally = openTally(file.path, 'attendance', 2);
      await file.write(`${attendanceHeader}\n`);
      for (const index of indexes) {
        const day = days[index];
        if (day === undefined) continue;
        const tails = planTails(school, index, day);
        await writeDay(rows, { index, day, tally, tails, later: [] }, school.students, file);
      }
      return tally;
    };
    const tally = await withRowFile(school.folder, name, write, effects);
    files.push(tally.file());
    for (const row of tally.planted()) planted.push(row);
  }
  return { files, planted };
};
