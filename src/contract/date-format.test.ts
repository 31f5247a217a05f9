import { expect, test } from 'vitest';
import { dateFormat } from './date-format.ts';

test('a format of the standard becomes that of the engine', () => {
  expect(dateFormat('dd/MM/yyyy', 'date')).toBe('%d/%m/%Y');
  expect(dateFormat('d.M.yy', 'date')).toBe('%d.%m.%y');
  expect(dateFormat("yyyy-MM-dd'T'HH:mm:ss", 'timestamp')).toBe('%Y-%m-%dT%H:%M:%S');
});

test("the engine's own format stays", () => {
  expect(dateFormat('%d %b %Y', 'date')).toBe('%d %b %Y');
});

test('a format without a part of the date, with a time in a date or an unknown letter does not fit', () => {
  expect(dateFormat('MM/yyyy', 'date')).toBeUndefined();
  expect(dateFormat('dd/MM/yyyy', 'timestamp')).toBeUndefined();
  expect(dateFormat('dd/MM/yyyy HH:mm', 'date')).toBeUndefined();
  expect(dateFormat('dd/MM/YYYY', 'date')).toBeUndefined();
  expect(dateFormat('%d/%m/%Q', 'date')).toBeUndefined();
});
