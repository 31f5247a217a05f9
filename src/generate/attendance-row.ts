import { attendanceWords } from './attendance-model.ts';
import { padded } from './civil-date.ts';
import type { SpoilableColumns } from './spoil-csv.ts';

export const attendanceHeader = 'attendance_id,student_id,attendance_date,status,created_at';

/** Columns that planted bad rows of attendance hit. The id takes stray characters: it is free text. */
export const attendanceColumns: SpoilableColumns = {
  keys: ['student_id', 'attendance_id'],
  dates: ['attendance_date'],
  happened: 'attendance_date',
  timestamp: 'created_at',
  status: 'status',
  free: 'attendance_id',
};

/** A row in the order of the file. */
export type AttendanceRow = {
  readonly attendance_id: string;
  readonly student_id: string;
  readonly attendance_date: string;
  readonly status: string;
  readonly created_at: string;
};

/** The id of the nth (from 1) good row of a school. */
export const attendanceId = (n: number): string => `ATT-${padded(n, 8)}`;

/** The id of the nth row, for n called one after the other: a tenth of the time of padding each. */
export const openAttendanceIds = (): ((n: number) => string) => {
  const low = Array.from({ length: 10_000 }, (_, i) => padded(i, 4));
  let block = -1;
  let prefix = '';
  return (n) => {
    const own = Math.floor(n / 10_000);
    if (own !== block) {
      block = own;
      prefix = `ATT-${padded(own, 4)}`;
    }
    return prefix + (low[n - own * 10_000] ?? '');
  };
};

/** The moment (naive local) at which a class hands in its roll: one time a class and day, 08:05 to 08:59. */
export const rollTime = (classIndex: number, dayIndex: number): string => {
  const mixed = Math.imul(classIndex * 7919 + dayIndex * 104_729 + 1, 0x9e3779b1) >>> 0;
  return `08:${padded(5 + (mixed % 55), 2)}:${padded((mixed >>> 8) % 60, 2)}`;
};

/** The row as a correction of the same afternoon or later: same id, newer, another status. */
export const correctedRow = (row: AttendanceRow, createdAt: string): AttendanceRow => {
  const status = row.status === 'EXCUSED' ? 'PRESENT' : 'EXCUSED';
  return { ...row, status, created_at: createdAt };
};

/** Word of a status index. */
export const wordOf = (status: number): string => attendanceWords[status] ?? 'PRESENT';
