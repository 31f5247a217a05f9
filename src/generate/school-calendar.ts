import { civilDate, dayNumber, isoDate, isoWeekday, parseDay } from './civil-date.ts';

type Term = 'T1' | 'T2' | 'T3';
export type SchoolDay = {
  /** `yyyy-mm-dd` */
  readonly date: string;
  readonly number: number;
  /** Monday is 1. */
  readonly weekday: number;
  readonly term: Term;
};

/** The day number of the nth (1-based) weekday of a month; `nth` 0 is the last. */
const nthWeekday = (year: number, month: number, weekday: number, nth: number): number => {
  if (nth === 0) {
    const end = month === 12 ? dayNumber(year, 12, 31) : dayNumber(year, month + 1, 1) - 1;
    return end - ((isoWeekday(end) - weekday + 7) % 7);
  }
  const first = dayNumber(year, month, 1);
  return first + ((weekday - isoWeekday(first) + 7) % 7) + (nth - 1) * 7;
};

/** Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher). */
const easter = (year: number): number => {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayNumber(year, Math.floor(n / 31), (n % 31) + 1);
};

const between = (value: number, first: number, last: number): boolean =>
  value >= first && value <= last;

/** True from 21 June to the end of August, in the breaks and on single holidays; weekends are asked for apart. */
export const isHoliday = (number: number): boolean => {
  const { year, month, day } = civilDate(number);
  switch (month) {
    case 1:
      return day <= 3 || number === nthWeekday(year, 1, 1, 3);
    case 2:
      return number === nthWeekday(year, 2, 1, 3);
    case 3:
    case 4:
      return between(number, easter(year) - 2, easter(year) + 5);
    case 5:
      return day === 1 || number === nthWeekday(year, 5, 1, 0);
    case 6:
      return day > 20;
    case 7:
    case 8:
      return true;
    case 10:
      return between(number, nthWeekday(year, 10, 1, 0), nthWeekday(year, 10, 1, 0) + 4);
    case 11:
      return (
        day === 11 ||
        between(number, nthWeekday(year, 11, 4, 4), nthWeekday(year, 11, 4, 4) + 1) ||
        // The autumn week may reach into November.
        between(number, nthWeekday(year, 10, 1, 0), nthWeekday(year, 10, 1, 0) + 4)
      );
    case 12:
      return day >= 23;
    default:
      return false;
  }
};

const termOf = (number: number): Term => {
  const { month } = civilDate(number);
  if (month >= 8) return 'T1';
  return month <= 3 ? 'T2' : 'T3';
};

/** The first `count` school days on or after `startDate` (`yyyy-mm-dd`); past June they go on in September. */
export const schoolDays = (startDate: string, count: number): readonly SchoolDay[] => {
  const days: SchoolDay[] = [];
  for (let number = parseDay(startDate); days.length < count; number += 1) {
    const weekday = isoWeekday(number);
    if (weekday > 5 || isHoliday(number)) continue;
    days.push({ date: isoDate(number), number, weekday, term: termOf(number) });
  }
  return days;
};

/** 2 September 2024, or 1 September of an earlier year, so that all days lie before the end of 2025. */
export const defaultStartDate = (count: number): string => {
  for (let year = 2024; ; year -= 1) {
    const start = year === 2024 ? '2024-09-02' : `${year}-09-01`;
    const last = schoolDays(start, count).at(-1);
    if (last === undefined || last.date <= '2025-12-31') return start;
  }
};
