import { describe, expect, it } from 'vitest';
import { isoDate, isoWeekday, parseDay } from './civil-date.ts';
import { defaultStartDate, isHoliday, schoolDays } from './school-calendar.ts';

describe('dates without a clock', () => {
  it.each([
    ['1970-01-01', 0, 4],
    ['2000-02-29', 11_016, 2],
    ['2024-09-02', 19_968, 1],
    ['1969-12-31', -1, 3],
    ['2025-01-12', 20_100, 7],
  ])('%s is day %i and weekday %i', (date, number, weekday) => {
    expect(parseDay(date)).toBe(number);
    expect(isoDate(number)).toBe(date);
    expect(isoWeekday(number)).toBe(weekday);
  });
});

describe('the school calendar', () => {
  it.each([
    '2024-10-28', // autumn week, from the last Monday of October
    '2024-11-01',
    '2024-11-11',
    '2024-11-28', // fourth Thursday
    '2024-12-23',
    '2025-01-03',
    '2025-01-20', // third Monday
    '2025-02-17', // third Monday
    '2025-04-18', // Good Friday
    '2025-04-25',
    '2024-03-29', // Good Friday in March
    '2025-05-01',
    '2025-05-26', // last Monday
    '2025-06-21',
    '2025-08-31',
  ])('closes on %s', (date) => {
    expect(isHoliday(parseDay(date))).toBe(true);
  });

  it.each([
    '2024-09-02',
    '2024-10-25',
    '2024-11-04',
    '2024-12-20',
    '2025-01-06',
    '2025-04-17',
    '2025-04-28',
    '2025-06-20',
    '2025-09-01',
  ])('opens on %s', (date) => {
    expect(isHoliday(parseDay(date))).toBe(false);
  });

  it('goes on in September after June', () => {
    const days = schoolDays('2025-06-19', 3).map(({ date, term }) => `${date} ${term}`);
    expect(days).toEqual(['2025-06-19 T3', '2025-06-20 T3', '2025-09-01 T1']);
  });

  it('starts earlier when the days would pass the end of 2025', () => {
    expect(defaultStartDate(171)).toBe('2024-09-02');
    expect(defaultStartDate(400)).toBe('2023-09-01');
  });
});
