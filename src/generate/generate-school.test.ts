import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Effects, nodeEffects } from '../base/index.ts';
import { isoWeekday, parseDay } from './civil-date.ts';
import { generateNextDay } from './generate-next-day.ts';
import { generateSchool } from './generate-school.ts';
import { isHoliday } from './school-calendar.ts';

let folder = '';
let effects: Effects;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'generate-'));
  effects = await nodeEffects();
});
afterEach(() => rm(folder, { recursive: true }));

const rowsOf = async (name: string): Promise<readonly (readonly string[])[]> => {
  const text = await readFile(join(folder, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
};

type Assessment = {
  score: number | null;
  max_score: number;
  assessment_date: string;
  term: string;
};
const assessmentsOf = async (): Promise<readonly Assessment[]> =>
  JSON.parse(await readFile(join(folder, 'assessments.json'), 'utf8')) as Assessment[];

describe('generateSchool', () => {
  it('writes one attendance row for each student and day when nobody moves', async () => {
    const school = await generateSchool(
      { folder, students: 60, days: 25, movement: 'none', defects: 0 },
      effects,
    );
    expect(school.files[1]?.read).toBe(1500);
    expect(school.totals.superseded).toBe(0);
    const pairs = (await rowsOf('attendance.csv')).map(([, student, date]) => `${student} ${date}`);
    expect(new Set(pairs).size).toBe(1500);
  });

  it('has no row on a weekend or a holiday, from September to June', async () => {
    await generateSchool({ folder, students: 30, defects: 0 }, effects);
    const dates = [...new Set((await rowsOf('attendance.csv')).map(([, , date]) => date ?? ''))];
    expect(dates.length).toBe(171);
    expect(dates[0]).toBe('2024-09-02');
    expect(dates.at(-1)).toBe('2025-06-05');
    const assessed = (await assessmentsOf()).map((row) => row.assessment_date);
    for (const date of [...dates, ...assessed]) {
      expect(isoWeekday(parseDay(date))).toBeLessThan(6);
      expect(isHoliday(parseDay(date))).toBe(false);
    }
    expect(dates).not.toContain('2024-12-25');
    expect(dates).not.toContain('2025-04-21');
  });

  it('has no row before a student joins or after one leaves, and both happen', async () => {
    await generateSchool({ folder, students: 900, days: 60, defects: 0, assessments: 0 }, effects);
    const days = new Map<string, string[]>();
    for (const [, student, date] of await rowsOf('attendance.csv')) {
      days.set(student ?? '', [...(days.get(student ?? '') ?? []), date ?? '']);
    }
    const text = await readFile(join(folder, 'students.csv'), 'utf8');
    let joined = 0;
    let left = 0;
    for (const line of text.trimEnd().split('\n').slice(1)) {
      // Names may hold commas; the last three cells never do.
      const cells = line.split(',');
      const [enrolled, updated] = cells.slice(-2);
      const own = days.get(cells[0] ?? '') ?? [];
      expect((enrolled ?? '') <= (own[0] ?? '')).toBe(true);
      if ((enrolled ?? '') > '2024-09-02') joined += 1;
      if (!line.includes(',WITHDRAWN,')) continue;
      left += 1;
      expect((own.at(-1) ?? '') < (updated ?? '').slice(0, 10)).toBe(true);
    }
    expect(joined).toBeGreaterThan(3);
    expect(left).toBeGreaterThan(2);
  });

  it('changes classes within the grade, as a newer row of the same student', async () => {
    const school = await generateSchool({ folder, students: 1800, days: 30, defects: 0 }, effects);
    const rows = await rowsOf('students.csv');
    const later = rows.slice(1800);
    expect(later.length).toBe(school.files[0]?.superseded);
    expect(later.length).toBeGreaterThan(2);
    expect(later.length).toBeLessThanOrEqual(6);
    for (const cells of later) {
      const before = rows.find(([id]) => id === cells[0]) ?? [];
      expect(before.at(-7)).not.toBe(cells.at(-7));
      expect(before.at(-6)).toBe(cells.at(-6));
      expect((before.at(-1) ?? '') < (cells.at(-1) ?? '')).toBe(true);
    }
  });

  it('names students in many scripts, with accents, apostrophes, hyphens and particles', async () => {
    await generateSchool({ folder, students: 1800, days: 1, assessments: 0 }, effects);
    const text = await readFile(join(folder, 'students.csv'), 'utf8');
    for (const sign of ['é', 'ñ', 'ş', 'ł', 'ễ', 'ß', "O'", '-', ' de ', ' al-', 'von ']) {
      expect(text).toContain(sign);
    }
    expect(text).toMatch(/\p{Script=Han}/u);
    expect(text).toMatch(/,"[^"\n]+, Jr\.",/);
    expect(text).toMatch(/,"[^"\n]+ ""[^"\n]+"" [^"\n]+",/);
    expect(text).toBe(text.normalize('NFC'));
  });

  it('absents some chronically, most seldom', async () => {
    await generateSchool({ folder, students: 900, defects: 0, assessments: 0 }, effects);
    const absent = new Map<string, number>();
    const away = new Set(['ABSENT', 'EXCUSED', 'UNEXCUSED', 'HALF_DAY', 'SUSPENDED']);
    const rows = await rowsOf('attendance.csv');
    for (const [, student, , status] of rows) {
      if (away.has(status ?? '')) absent.set(student ?? '', (absent.get(student ?? '') ?? 0) + 1);
    }
    const chronic = [...absent.values()].filter((days) => days >= 17).length / 900;
    expect(chronic).toBeGreaterThan(0.05);
    expect(chronic).toBeLessThan(0.35);
    const present = rows.filter(([, , , status]) => !away.has(status ?? '')).length / rows.length;
    expect(present).toBeGreaterThan(0.9);
    expect(present).toBeLessThan(0.97);
  });

  it('writes the assessments asked for, scores from 0 to the highest, in three terms', async () => {
    const school = await generateSchool({ folder, assessments: 5000, defects: 0 }, effects);
    const rows = await assessmentsOf();
    expect(school.files[2]?.read).toBe(5000);
    expect(rows.length).toBe(5000);
    for (const { score, max_score } of rows) {
      expect((score ?? 0) >= 0 && (score ?? 0) <= max_score).toBe(true);
    }
    expect(new Set(rows.map((row) => row.term))).toEqual(new Set(['T1', 'T2', 'T3']));
    const mean =
      rows.reduce((sum, row) => sum + ((row.score ?? 0) * 100) / row.max_score, 0) / 5000;
    expect(mean).toBeGreaterThan(60);
    expect(mean).toBeLessThan(85);
  });

  it('refuses students whom no attendance or assessment names', async () => {
    const school = await generateSchool({ folder, students: 400, days: 20, defects: 200 }, effects);
    const lines = (await readFile(join(folder, 'students.csv'), 'latin1')).split('\n');
    const refused = school.planted.filter(({ file }) => file.endsWith('students.csv'));
    expect(refused.length).toBeGreaterThan(9);
    for (const { line } of refused) expect(lines[line - 1]).toMatch(/^(S-95\d{5})?,/);
  });

  it('opens at most one quote that nothing after it closes', async () => {
    await generateSchool(
      { folder, students: 100, days: 20, defects: 200, files: 'daily' },
      effects,
    );
    const names = (await effects.fs.list(folder)).filter((name) => name.startsWith('attendance_'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
    const quotes = texts.map((text) => text.split('"').length - 1);
    expect(quotes.filter((count) => count > 0)).toEqual([1]);
  });

  it('writes an empty array without assessments', async () => {
    await generateSchool({ folder, students: 5, days: 3, assessments: 0, defects: 0 }, effects);
    expect(await assessmentsOf()).toEqual([]);
  });

  it('generates one student on one day in one class', async () => {
    const school = await generateSchool({ folder, students: 1, days: 1, assessments: 4 }, effects);
    expect(school.files.map((file) => file.read)).toEqual([1, 1, 4]);
  });

  it('never overwrites a file, and then writes nothing', async () => {
    await writeFile(join(folder, 'assessments.json'), 'mine');
    await expect(generateSchool({ folder, students: 2, days: 2 }, effects)).rejects.toMatchObject({
      code: 'generate.file-exists',
    });
    expect(await effects.fs.list(folder)).toEqual(['assessments.json']);
  });

  it('leaves no half a file when the disk fails', async () => {
    const failing: Effects = {
      ...effects,
      fs: {
        ...effects.fs,
        open: async (path, mode) => ({
          ...(await effects.fs.open(path, mode)),
          write: async () => {
            throw new Error('disk full');
          },
        }),
      },
    };
    await expect(generateSchool({ folder, students: 2, days: 2 }, failing)).rejects.toThrow(
      'disk full',
    );
    expect(await effects.fs.list(folder)).toEqual([]);
  });

  it.each([
    [{ students: 0 }, 'generate.option-range'],
    [{ days: 1.5 }, 'generate.option-range'],
    [{ students: 3, classes: 4 }, 'generate.option-range'],
    [{ startDate: '2025-02-30' }, 'generate.start-date'],
    [{ students: 2, days: 2, assessments: 0, defects: 50 }, 'generate.too-many-defects'],
    [{ students: 2, days: 2, defects: 0, duplicates: 50 }, 'generate.too-many-defects'],
  ])('refuses %j', async (options, code) => {
    await expect(generateSchool({ folder, ...options }, effects)).rejects.toMatchObject({ code });
    expect(await effects.fs.list(folder)).toEqual([]);
  });
});

describe('generateNextDay', () => {
  const options = { students: 300, days: 25, defects: 90 };

  it('goes on with the next school day and ids that no row has', async () => {
    await generateSchool({ folder, ...options, movement: 'none' }, effects);
    const next = await generateNextDay({ folder, ...options, movement: 'none' }, effects);
    expect(next.date).toBe('2024-10-07');
    expect(next.file.read).toBe(300);
    const before = new Set((await rowsOf('attendance.csv')).map(([id]) => id));
    const rows = await rowsOf('attendance_20241007.csv');
    expect(rows.map(([, student]) => student).slice(0, 2)).toEqual(['S-000001', 'S-000002']);
    for (const [id, , date] of rows) {
      expect(before.has(id)).toBe(false);
      expect(date).toBe('2024-10-07');
    }
  });

  it('corrects good rows of the first month under their ids, newer', async () => {
    await generateSchool({ folder, ...options }, effects);
    const next = await generateNextDay({ folder, ...options, rows: 100, corrections: 40 }, effects);
    expect(next.file.read).toBe(140);
    expect(next.supersedes).toBe(40);
    const before = new Map((await rowsOf('attendance.csv')).map((cells) => [cells[0], cells]));
    const corrections = (await rowsOf('attendance_20241007.csv')).slice(100);
    expect(new Set(corrections.map(([id]) => id)).size).toBe(40);
    for (const [id, student, date, , createdAt] of corrections) {
      const old = before.get(id);
      expect(old?.slice(1, 3)).toEqual([student, date]);
      expect(date?.slice(0, 7)).toBe('2024-09');
      expect((old?.[4] ?? '') < (createdAt ?? '')).toBe(true);
    }
  });

  it('never corrects a row that was refused, repeated or corrected before', async () => {
    const many = { folder, students: 60, days: 25, defects: 300 };
    const school = await generateSchool({ ...many }, effects);
    await generateNextDay({ ...many, rows: 0, corrections: 800 }, effects);
    const text = await readFile(join(folder, 'attendance.csv'), 'latin1');
    const lines = text.split('\n');
    const bad = new Set(
      school.planted.filter(({ file }) => file.endsWith('attendance.csv')).map(({ line }) => line),
    );
    const goodIds = lines.filter((_, i) => !bad.has(i + 1)).map((line) => line.slice(0, 12));
    for (const [id] of await rowsOf('attendance_20241007.csv')) {
      expect(goodIds.filter((good) => good === id).length).toBe(1);
    }
  });

  it('goes further days ahead with ids that follow on', async () => {
    const next = { folder, students: 10, days: 3, defects: 0, movement: 'none' as const };
    await generateNextDay({ ...next, after: 1 }, effects);
    await generateNextDay({ ...next, after: 2 }, effects);
    expect((await rowsOf('attendance_20240905.csv'))[0]?.[0]).toBe('ATT-00000031');
    expect((await rowsOf('attendance_20240906.csv'))[0]?.[0]).toBe('ATT-00000041');
  });
});
