import { expect, test } from 'vitest';
import { looksSecret, nameNewColumns, safeName } from './name-new-columns.ts';

const contract = { columns: [{ name: 'status' }, { name: 'student_id' }] };

/** The names that headers get, in the order of the headers. */
const names = (...headers: readonly string[]): readonly string[] =>
  nameNewColumns(
    contract,
    headers.map((header, position) => ({ header, position })),
  ).map((column) => column.name);

test.each([
  ['room', 'room'],
  ['Room No.', 'room_no'],
  ['roomNo', 'room_no'],
  ['  Room -- No ', 'room_no'],
  ['HTTPServer2Name', 'http_server2_name'],
  ['Attendance %', 'attendance_percent'],
  ['État civil', 'etat_civil'],
  ['الفصل الدراسي', 'الفصل_الدراسي'],
  ['__row', 'row'],
  ['2nd guardian', 'column_2nd_guardian'],
  ['#', 'unnamed'],
])('the header %s is kept as %s', (header, name) => {
  expect(safeName(header)).toBe(name);
});

test('a long header is cut to 56 bytes, between letters', () => {
  expect(safeName('x'.repeat(80))).toBe('x'.repeat(56));
  expect(safeName('é'.repeat(10) + 'ي'.repeat(40))).toBe('e'.repeat(10) + 'ي'.repeat(23));
});

test('names of the contract, of the engine and of other headers are not taken', () => {
  expect(names('Státus', 'file_row_number', 'Filename')).toEqual([
    'status_2',
    'file_row_number_2',
    'filename_2',
  ]);
  expect(names('Room!', 'room')).toEqual(['room_2', 'room']);
});

test('the number behind a name never takes the name of another header', () => {
  expect(names('Room', 'Room.', 'Room 2')).toEqual(['room', 'room_3', 'room_2']);
});

test('the order of the columns does not count', () => {
  expect(names('Room', 'ROOM.')).toEqual(['room_2', 'room']);
  expect(names('ROOM.', 'Room')).toEqual(['room', 'room_2']);
});

test.each([
  'password',
  'User Password',
  'userPassword',
  'Passwd',
  'pwd',
  'PIN',
  'Student PIN',
  'Client Secret',
  'accessToken',
  'accesstoken',
])('%s looks like a secret', (header) => {
  expect(looksSecret(header)).toBe(true);
});

test.each(['Secretary', 'Pinned', 'bus pass', 'opinion', 'tokenised'])(
  '%s does not look like a secret',
  (header) => {
    expect(looksSecret(header)).toBe(false);
  },
);
