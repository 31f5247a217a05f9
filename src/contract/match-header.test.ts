import { expect, test } from 'vitest';
import { foldName } from '../base/index.ts';
import type { ContractColumn } from './contract.ts';
import { matchHeader } from './match-header.ts';

const column = (
  name: string,
  aliases: readonly string[] = [],
  physicalName = name,
): ContractColumn => ({
  name,
  type: { kind: 'text' },
  physicalName,
  aliases,
  required: false,
  privacy: 'personal',
  description: '',
  minimum: undefined,
  maximum: undefined,
  pattern: undefined,
  maxLength: undefined,
  happened: false,
  codes: {},
  nullTokens: undefined,
});

const contract = {
  columns: [
    column('student_id', ['sis id', 'roll no']),
    column('student_name', ['name', 'full name']),
    column('score'),
  ],
};

const matched = (header: readonly string[], of = contract) =>
  Object.fromEntries(matchHeader(of, header).columns);

test('case, blanks and punctuation do not count, a percent sign does', () => {
  expect(foldName(' Student-ID ')).toBe('studentid');
  expect(foldName('ＳＴＵＤＥＮＴ＿ＩＤ')).toBe('studentid');
  expect(foldName('Score (%)')).toBe('scorepercent');
  expect(matched(['SCORE', 'Student Name', 'STUDENT.ID'])).toEqual({
    student_id: 2,
    student_name: 1,
    score: 0,
  });
  expect(matched(['Score (%)'])).toEqual({});
});

test('aliases match where the name is not there', () => {
  expect(matched(['Roll No.', 'Full_Name'])).toEqual({ student_id: 0, student_name: 1 });
});

test("a column's own name goes before its aliases, and the other header stays free", () => {
  const match = matchHeader(contract, ['Name', 'student_name']);
  expect(Object.fromEntries(match.columns)).toEqual({ student_name: 1 });
  expect(match.unmatched.map((one) => one.header)).toEqual(['Name']);
  expect(match.duplicates).toEqual([]);
});

test('a header that was named for a column is used for it and not for another', () => {
  const mapped = {
    columns: [
      column('student_id', [], 'student_name'),
      column('student_name', ['name']),
      column('score'),
    ],
  };
  expect(matched(['student_name', 'name', 'student_id'], mapped)).toEqual({
    student_id: 0,
    student_name: 1,
  });
});

test('a named header is taken as written before it is taken without case', () => {
  const mapped = { columns: [column('student_id', [], 'ID')] };
  expect(matched(['id', 'ID'], mapped)).toEqual({ student_id: 1 });
  expect(matched(['Id', 'x'], mapped)).toEqual({ student_id: 0 });
});

test('where the named header is missing, name and aliases still match', () => {
  const mapped = { columns: [column('student_id', ['sis id'], 'Number')] };
  expect(matched(['sis_id'], mapped)).toEqual({ student_id: 0 });
});

test('two headers for one column are a duplicate with both positions, and neither is taken', () => {
  const match = matchHeader(contract, ['score', 'Student_ID', 'student id', 'SCORE ']);
  expect(match.duplicates).toEqual([
    { column: 'student_id', positions: [2, 3] },
    { column: 'score', positions: [1, 4] },
  ]);
  expect(match.columns.size).toBe(0);
  expect(match.missing.map((one) => one.column)).toEqual(['student_name']);
  expect(matchHeader(contract, ['sis_id', 'roll_no']).duplicates).toEqual([
    { column: 'student_id', positions: [1, 2] },
  ]);
});

test('what is unmatched and what is missing come with the closest of the other side', () => {
  const match = matchHeader(contract, ['Stu_ID', 'Remarks', 'skore']);
  expect(match.unmatched).toEqual([
    { header: 'Stu_ID', position: 1, closest: 'student_id' },
    { header: 'Remarks', position: 2, closest: undefined },
    { header: 'skore', position: 3, closest: 'score' },
  ]);
  expect(match.missing).toEqual([
    { column: 'student_id', closest: 'Stu_ID' },
    { column: 'student_name', closest: undefined },
    { column: 'score', closest: 'skore' },
  ]);
});

test('a first line of values is not offered as names of columns', () => {
  const match = matchHeader(contract, ['student_1d', 'student@name.x', 'Amara Okafor', '97']);
  expect(match.missing.map((one) => one.closest)).toEqual([undefined, undefined, undefined]);
});

test('blank headers match nothing', () => {
  expect(matched(['', ' ', '--'])).toEqual({});
});
