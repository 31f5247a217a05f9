import { expect, test } from 'vitest';
import { isMatch } from './match-pattern.ts';

test('a star stays in its folder, two stars do not', () => {
  expect(isMatch('raw/a.csv', 'raw/*.csv')).toBe(true);
  expect(isMatch('raw/x/a.csv', 'raw/*.csv')).toBe(false);
  expect(isMatch('raw/x/y/a.csv', 'raw/**/*.csv')).toBe(true);
  expect(isMatch('raw/a.csv', 'raw/**/*.csv')).toBe(true);
  expect(isMatch('raw/x/a.csv', 'raw/**')).toBe(true);
});

test('sets, one character and alternatives fit what they list', () => {
  expect(isMatch('a1.csv', 'a[0-9].csv')).toBe(true);
  expect(isMatch('ab.csv', 'a[!0-9].csv')).toBe(true);
  expect(isMatch('a1.csv', 'a[!0-9].csv')).toBe(false);
  expect(isMatch('ab.json', '?b.{csv,json}')).toBe(true);
  expect(isMatch('a/b', 'a?b')).toBe(false);
});

test('characters that mean something elsewhere mean themselves here', () => {
  expect(isMatch('a+b(1)$^|\\.csv', 'a+b(1)$^|\\.csv')).toBe(true);
  expect(isMatch('axcsv', 'a.csv')).toBe(false);
  expect(isMatch('a\nb.csv', 'a*b.csv')).toBe(true);
});
