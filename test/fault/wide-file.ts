import { closeSync, openSync, writeSync } from 'node:fs';
import { attendanceDay } from './toy-school.ts';

/** Attendance of many days in one file, written day by day; returns its rows and bytes. */
export const writeWideFile = (
  path: string,
  students: number,
  days: number,
): { rows: number; bytes: number } => {
  const file = openSync(path, 'w');
  let bytes = 0;
  for (let day = 0; day < days; day++) {
    const date = new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10);
    const text = attendanceDay(date, students);
    bytes += writeSync(file, day === 0 ? text : text.slice(text.indexOf('\n') + 1));
  }
  closeSync(file);
  return { rows: students * days, bytes };
};
