import { expect, test } from 'vitest';
import { dateFormat } from './date-format.ts';

test('a format of the standard becomes that of the engine', () => {
  expect(dateFormat('dd/MM/yyyy', 'date')).toBe('%d/%m/%Y');
  expect(dateFormat('d.M.yy', 'date')).toBe('%d.%m.%y');
  expect(dateFormat("yyyy-MM-dd'T'HH:mm:ss", 'timestamp')).toBe('%Y-%m-%dT%H:%M:%S');
});

test('capitals do not count in a date: its mm can only be the month', () => {
  expect(dateFormat('dd/mm/yyyy', 'date')).toBe('%d/%m/%Y');
  expect(dateFormat('DD.MM.YYYY', 'date')).toBe('%d.%m.%Y');
  expect(dateFormat('d-mmm-yy', 'date')).toBe('%d-%b-%y');
});

test("the engine's own format stays", () => {
  expect(dateFormat('%d %b %Y', 'date')).toBe('%d %b %Y');
});

test('a format without a part of the date, with a time in a date or an unknown letter does not fit', () => {
  expect(dateFormat('MM/yyyy', 'date')).toBeUndefined();
  expect(dateFormat('dd/MM/yyyy', 'timestamp')).toBeUndefined();
  expect(dateFormat('dd/MM/yyyy HH:mm', 'date')).toBeUndefined();
  expect(dateFormat('dd/mm/yyyy HH:mm', 'timestamp')).toBeUndefined();
  expect(dateFormat('mm/yyyy', 'date')).toBeUndefined();
  expect(dateFormat('%d/%m/%Q', 'date')).toBeUndefined();
});
