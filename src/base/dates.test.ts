import { expect, it } from 'vitest';
import { addDays } from './dates.ts';

it('the day after the last of a month is the first of the next, in a leap year too', () => {
  expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
  expect(addDays('2023-02-28', 1)).toBe('2023-03-01');
  expect(addDays('2025-01-01', -1)).toBe('2024-12-31');
});
