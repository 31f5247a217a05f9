import { expect, test } from 'vitest';
import { batchDateOf, matchesFilePattern } from './match-file-name.ts';

test('a pattern without a slash is about the name of the file, capitals aside', () => {
  expect(matchesFilePattern('students*', 'data/raw/Students_2025.CSV')).toBe(true);
  expect(matchesFilePattern('students*', 'data/raw/old_students.csv')).toBe(false);
  expect(matchesFilePattern('students*', 'students/attendance.csv')).toBe(false);
  expect(matchesFilePattern('*attendance*', 'data/raw/a/Daily Attendance (1).csv.gz')).toBe(true);
  expect(matchesFilePattern('a?.csv', 'data/raw/a1.csv')).toBe(true);
});

test('a pattern with a slash is about the end of the path', () => {
  expect(matchesFilePattern('raw/Students*.csv', 'data/raw/students_1.csv')).toBe(true);
  expect(matchesFilePattern('./data/raw/s.csv', 'data/raw/s.csv')).toBe(true);
  expect(matchesFilePattern('raw/*.csv', 'data/raw/a/b.csv')).toBe(false);
  expect(matchesFilePattern('raw/**/*.csv', 'data/raw/a/b.csv')).toBe(true);
  expect(matchesFilePattern('raw/**/*.csv', 'data/raw/b.csv')).toBe(true);
  expect(matchesFilePattern('aw/s.csv', 'data/raw/s.csv')).toBe(false);
});

test('signs of regular expressions, line ends and accents in names are themselves', () => {
  expect(matchesFilePattern('a+(b)*', 'raw/a+(b)c.csv')).toBe(true);
  expect(matchesFilePattern('a.csv', 'raw/aXcsv')).toBe(false);
  expect(matchesFilePattern('*attendance*', 'raw/my\nattendance;".csv')).toBe(true);
  expect(matchesFilePattern('élèves*', 'raw/e\u0301le\u0300ves.csv')).toBe(true);
});

test('the archive that a file lies in is asked apart from the file', () => {
  const path = 'data/raw/attendance_20250601.zip/export.csv';
  expect(matchesFilePattern('*attendance*', path)).toBe(false);
  expect(matchesFilePattern('*attendance*', path, true)).toBe(true);
  expect(matchesFilePattern('*attendance*', 'data/raw/attendance.csv', true)).toBe(false);
});

test.each([
  ['attendance_20250601.csv', '2025-06-01'],
  ['attendance_2025-06-01.csv', '2025-06-01'],
  ['student_engagement_20250601_large.csv', '2025-06-01'],
  ['attendance_20250601.csv.gz', '2025-06-01'],
  ['attendance_20250601_20250630.csv', '2025-06-30'],
  ['20250601.csv', '2025-06-01'],
  ['attendance.zip/a_20250602.csv', '2025-06-02'],
  ['a_20250601.zip/attendance.csv', '2025-06-01'],
  ['attendance_20250631.csv', undefined],
  ['attendance_20250229.csv', undefined],
  ['attendance_2025-0601.csv', undefined],
  ['attendance_202506011200.csv', undefined],
  ['attendance_12345678.csv', undefined],
  ['attendance20250601.csv', undefined],
  ['a_20250601/attendance.csv', undefined],
  ['attendance.csv', undefined],
])('the batch date of %s is %s', (name, date) => {
  expect(batchDateOf(`data/raw/${name}`)).toBe(date);
});
