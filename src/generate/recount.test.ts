import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { type GeneratedSchool, generateSchool } from './generate-school.ts';
import type { SchoolOptions } from './school-options.ts';

// A second count of the same files that shares nothing with the generator: it reads what was written and knows the
// rules, never the plan.

type Finding = { readonly line: number; readonly row: number; readonly faults: readonly string[] };
type Recount = {
  readonly read: number;
  readonly loaded: number;
  readonly duplicate: number;
  readonly superseded: number;
  readonly blank: number;
  readonly findings: readonly Finding[];
};
type Row = Readonly<Record<string, string | null>>;

const attendanceWords = new Set(
  'PRESENT LATE EARLY_DEPARTURE ABSENT EXCUSED UNEXCUSED HALF_DAY SUSPENDED NOT_TAKEN'.split(' '),
);
const enrollmentWords = new Set(['ACTIVE', 'WITHDRAWN']);
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isRealDate = (text: string): boolean => {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && isLeap ? 29 : (monthDays[month - 1] ?? 0);
  return year >= 1900 && day >= 1 && day <= last;
};

const isRealTimestamp = (text: string): boolean => {
  const match = /^(\S{10})T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (match === null) return false;
  const [, date, hour, minute, second] = match;
  return isRealDate(date ?? '') && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
};

const dateFault = (row: Row, column: string, happened: boolean): readonly string[] => {
  const text = row[column] ?? '';
  if (text === '') return happened ? [`key_missing ${column}`] : [];
  if (!isRealDate(text)) return [`date_invalid ${column}`];
  return happened && text > '2030-01-01' ? [`date_in_future ${column}`] : [];
};

const blankFault = (row: Row, columns: readonly string[], code: string): readonly string[] =>
  columns.filter((column) => (row[column] ?? '') === '').map((column) => `${code} ${column}`);

const timeFault = (row: Row, column: string): readonly string[] =>
  isRealTimestamp(row[column] ?? '') ? [] : [`timestamp_invalid ${column}`];

const orphanFault = (row: Row, roster: ReadonlySet<string>): readonly string[] =>
  (row.student_id ?? '') === '' || roster.has(row.student_id ?? '') ? [] : ['orphan student_id'];

const studentFaults = (row: Row): readonly string[] => [
  ...blankFault(row, ['student_id'], 'key_missing'),
  ...blankFault(row, ['class_id', 'student_name'], 'required_missing'),
  ...((row.class_id ?? '').length > 64 ? ['class_id_invalid class_id'] : []),
  ...(enrollmentWords.has(row.enrollment_status ?? '') ? [] : ['status_unknown enrollment_status']),
  ...dateFault(row, 'date_of_birth', false),
  ...dateFault(row, 'enrollment_date', false),
  ...timeFault(row, 'updated_at'),
];

const attendanceFaults =
  (roster: ReadonlySet<string>) =>
  (row: Row): readonly string[] => [
    ...blankFault(row, ['attendance_id', 'student_id'], 'key_missing'),
    ...dateFault(row, 'attendance_date', true),
    ...(attendanceWords.has(row.status ?? '') ? [] : ['status_unknown status']),
    ...timeFault(row, 'created_at'),
    ...orphanFault(row, roster),
  ];

const isDecimal = (text: string): boolean => /^-?\d{1,12}(\.\d{1,6})?$/.test(text);

const scoreFaults = (row: Row): readonly string[] => {
  const score = row.score ?? '';
  const maxScore = row.max_score ?? '';
  const result = row.result ?? '';
  const isExcused = result === 'missing' || result === 'exempt';
  return [
    ...(result === '' || isExcused ? [] : ['status_unknown result']),
    ...(score === '' && !isExcused ? ['score_missing score'] : []),
    ...(score !== '' && !isDecimal(score) ? ['number_invalid score'] : []),
    ...(isDecimal(score) && Number(score) < 0 ? ['score_negative score'] : []),
    ...(maxScore === '' ? ['max_score_missing max_score'] : []),
    ...(maxScore !== '' && Number(maxScore) <= 0 ? ['max_score_zero max_score'] : []),
    ...(isDecimal(score) && isDecimal(maxScore) && Number(score) > Number(maxScore)
      ? ['score_above_max score']
      : []),
  ];
};

const assessmentFaults =
  (roster: ReadonlySet<string>) =>
  (row: Row): readonly string[] => [
    ...blankFault(row, ['assessment_id', 'student_id'], 'key_missing'),
    ...dateFault(row, 'assessment_date', true),
    ...timeFault(row, 'created_at'),
    ...scoreFaults(row),
    ...orphanFault(row, roster),
  ];

type Line = { readonly text: string; readonly codes: readonly string[] };

const physicalLines = (bytes: Buffer): readonly Line[] => {
  const lines: Line[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    const piece = bytes.subarray(start, end);
    const codes = piece.includes(0) || piece.includes(0x1a) ? ['control_character -'] : [];
    try {
      lines.push({ text: new TextDecoder('utf-8', { fatal: true }).decode(piece), codes });
    } catch {
      lines.push({ text: piece.toString('latin1'), codes: [...codes, 'encoding_invalid -'] });
    }
    start = end + 1;
  }
  return lines;
};

/** Cells of one line, or null when a quote stays open. */
const cellsOf = (text: string): readonly string[] | null => {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = text[at] === '"';
    const pattern = isQuoted ? /"((?:[^"]|"")*)"(,|$)/y : /([^,]*)(,|$)/y;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    cells.push((match[1] ?? '').replaceAll('""', '"'));
    if (match[2] === '') return cells;
    at = pattern.lastIndex;
  }
};

const csvRecord = (
  text: string,
  header: readonly string[],
): { readonly row: Row; readonly codes: readonly string[] } => {
  const cells = cellsOf(text);
  if (cells === null) return { row: {}, codes: ['quote_unclosed -'] };
  const row = Object.fromEntries(header.map((name, i) => [name, cells[i] ?? null]));
  return { row, codes: cells.length === header.length ? [] : ['columns -'] };
};

const jsonRecord = (text: string): { readonly row: Row; readonly codes: readonly string[] } => {
  const names = [...text.matchAll(/"([a-z_]+)": /g)].map((match) => match[1]);
  const controls = /\\u00[01][0-9a-f]/.test(text) ? ['control_character -'] : [];
  const repeated = new Set(names).size < names.length ? ['json_duplicate_key -'] : [];
  try {
    // Numbers as text, so that 1e400 stays what it is; broken ones stay broken.
    JSON.parse(text);
    const exact = text.replace(/("[a-z_]+": )(-?\d[^,}]*)/g, '$1"$2"');
    return { row: JSON.parse(exact) as Row, codes: [...controls, ...repeated] };
  } catch {
    return { row: {}, codes: ['json_invalid -'] };
  }
};

const recount = (
  bytes: Buffer,
  id: string,
  newest: string,
  faultsOf: (row: Row) => readonly string[],
): Recount => {
  const isJson = bytes[0] === 0x5b;
  const lines = physicalLines(bytes);
  const header = cellsOf(lines[0]?.text ?? '') ?? [];
  const findings: Finding[] = [];
  const kept = new Map<string, { readonly text: string; readonly at: string }>();
  let [read, loaded, duplicate, superseded, blank] = [0, 0, 0, 0, 0];
  lines.forEach((line, index) => {
    const text = isJson ? line.text.replace(/,$/, '') : line.text;
    if (index === 0 || text.trim() === '' || text === ']') return;
    read += 1;
    const record = isJson ? jsonRecord(text) : csvRecord(text, header);
    const structural = [...line.codes, ...record.codes];
    const values = Object.values(record.row);
    if (structural.length === 0 && values.every((value) => (value ?? '') === '')) {
      blank += 1;
      return;
    }
    const hasCells = !structural.some((code) => /^(columns|quote|json_invalid)/.test(code));
    const faults = [...structural, ...(hasCells ? faultsOf(record.row) : [])];
    if (faults.length > 0) {
      findings.push({ line: index + 1, row: read, faults });
      return;
    }
    const key = record.row[id] ?? '';
    const before = kept.get(key);
    const at = record.row[newest] ?? '';
    if (before === undefined) loaded += 1;
    else if (before.text === text) duplicate += 1;
    else superseded += 1;
    if (before !== undefined && before.text !== text && before.at >= at) {
      throw new Error(`line ${index + 1}: the correction is not newer`);
    }
    kept.set(key, { text, at });
  });
  return { read, loaded, duplicate, superseded, blank, findings };
};

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

const generate = async (options: Omit<SchoolOptions, 'folder'>): Promise<GeneratedSchool> => {
  const folder = await mkdtemp(join(tmpdir(), 'generate-'));
  folders.push(folder);
  return generateSchool({ folder, ...options }, await nodeEffects());
};

const hashes = async (school: GeneratedSchool): Promise<readonly string[]> =>
  Promise.all(
    school.files.map(async ({ path }) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );

const recountSchool = async (school: GeneratedSchool): Promise<readonly Recount[]> => {
  const [studentsFile] = school.files;
  const studentBytes = await readFile(studentsFile?.path ?? '');
  const students = recount(studentBytes, 'student_id', 'updated_at', studentFaults);
  const roster = new Set(
    physicalLines(studentBytes)
      .map((line) => line.text.slice(0, 8))
      .filter((id) => /^S-\d{6}$/.test(id)),
  );
  const others = await Promise.all(
    school.files
      .slice(1)
      .map(async ({ path, feed }) =>
        feed === 'attendance'
          ? recount(await readFile(path), 'attendance_id', 'created_at', attendanceFaults(roster))
          : recount(await readFile(path), 'assessment_id', 'created_at', assessmentFaults(roster)),
      ),
  );
  return [students, ...others];
};

const expectSame = async (school: GeneratedSchool): Promise<void> => {
  const counted = await recountSchool(school);
  school.files.forEach((file, i) => {
    const own = counted[i];
    expect({ name: basename(file.path), ...own, findings: own?.findings.length }).toEqual({
      name: basename(file.path),
      read: file.read,
      loaded: file.loaded,
      duplicate: file.duplicate,
      superseded: file.superseded,
      blank: file.blank,
      findings: file.quarantined,
    });
    const planted = school.planted
      .filter((row) => row.file === file.path)
      .map(({ line, row, code, column }) => `${line} ${row} ${code} ${column ?? '-'}`);
    const found = (own?.findings ?? []).flatMap(({ line, row, faults }) =>
      faults.map((fault) => `${line} ${row} ${fault}`),
    );
    expect(found.sort()).toEqual(planted.sort());
  });
};

const everyCode = [
  'columns',
  'class_id_invalid',
  'control_character',
  'date_in_future',
  'date_invalid',
  'encoding_invalid',
  'json_duplicate_key',
  'json_invalid',
  'key_missing',
  'max_score_missing',
  'max_score_zero',
  'number_invalid',
  'orphan',
  'quote_unclosed',
  'required_missing',
  'score_above_max',
  'score_missing',
  'score_negative',
  'status_unknown',
  'timestamp_invalid',
].sort();

describe('a generated school, counted a second time', () => {
  it('holds at the size of the demo: about 305,000 attendance rows and exactly 300 bad ones', async () => {
    const school = await generate({});
    await expectSame(school);
    const [students, attendance, assessments] = school.files;
    expect(students?.loaded).toBe(1800);
    expect(attendance?.read).toBeGreaterThan(303_000);
    expect(attendance?.read).toBeLessThan(307_000);
    expect((assessments?.loaded ?? 0) + (assessments?.quarantined ?? 0)).toBe(60_000);
    expect(school.totals.quarantined).toBe(300);
    expect(school.totals.duplicate).toBe(60);
    expect(school.totals.blank).toBe(12);
    expect(Object.keys(school.totals.reasons).sort()).toEqual(everyCode);
  }, 60_000);

  it('holds with one attendance file a day', async () => {
    const school = await generate({
      students: 200,
      days: 12,
      defects: 100,
      files: 'daily',
      seed: 5,
    });
    expect(school.files.length).toBe(14);
    await expectSame(school);
    expect(Object.keys(school.totals.reasons).sort()).toEqual(everyCode);
  });

  it.each([2, 3, 4, 5, 6, 7])('holds for seed %i, every code from 100 defects on', async (seed) => {
    const school = await generate({
      students: 150,
      days: 20,
      assessments: 900,
      defects: 100,
      seed,
    });
    await expectSame(school);
    expect(school.totals.quarantined).toBe(100);
    expect(Object.keys(school.totals.reasons).sort()).toEqual(everyCode);
  });

  it('holds when a third of the rows is bad', async () => {
    const school = await generate({ students: 300, days: 10, defects: 1400, corrections: 0 });
    await expectSame(school);
    expect(school.totals.quarantined).toBe(1400);
    expect(school.totals.reasons.quote_unclosed).toBe(1);
  });

  it('holds when many students are repeated, those who changed class too', async () => {
    const school = await generate({ students: 3000, days: 4, defects: 0, duplicates: 5000 });
    await expectSame(school);
    expect(school.files[0]?.superseded).toBeGreaterThan(3);
    expect(school.files[0]?.duplicate).toBe(250);
  });

  it('gives two reasons to as many rows as asked for', async () => {
    const school = await generate({ students: 100, days: 20, defects: 30, combined: 7 });
    await expectSame(school);
    expect(school.totals.quarantined).toBe(30);
    expect(school.planted.length).toBe(37);
  });

  it('has only good rows without defects', async () => {
    const school = await generate({ students: 90, days: 15, defects: 0 });
    await expectSame(school);
    expect(school.planted).toEqual([]);
    expect(school.totals.read).toBe(school.totals.loaded + school.totals.superseded);
  });

  it.each([
    { students: 1800, seed: 1 },
    { students: 1800, seed: 8, days: 20 },
    { students: 400, seed: 2 },
    { students: 40, days: 30 },
    { students: 1800, days: 30, assessments: 200 },
  ])('is accepted by the usual budget and key rules: %j', async (options) => {
    const school = await generate(options);
    for (const { read, quarantined, blank, superseded } of school.files) {
      expect(quarantined <= 10 || quarantined / (read - blank) < 0.05).toBe(true);
      // Over 1 % of rows that differ under one id would set the file aside; a pair may count as two.
      expect((2 * superseded) / read).toBeLessThan(0.01);
    }
  });
});

describe('the bytes of a generated school', () => {
  it('are the same for the same seed and others for another', async () => {
    const options = { students: 120, days: 10, defects: 60 };
    const first = await hashes(await generate({ ...options, seed: 11 }));
    expect(await hashes(await generate({ ...options, seed: 11 }))).toEqual(first);
    const other = await hashes(await generate({ ...options, seed: 12 }));
    first.forEach((hash, i) => {
      expect(other[i]).not.toBe(hash);
    });
  });

  it('are the same rows in one file or in one a day', async () => {
    const options = { students: 80, days: 9, defects: 40 };
    const single = await generate(options);
    const daily = await generate({ ...options, files: 'daily' });
    const rowsOf = async (school: GeneratedSchool): Promise<string> => {
      const files = school.files.filter(({ feed }) => feed === 'attendance');
      const texts = await Promise.all(files.map(({ path }) => readFile(path, 'latin1')));
      return texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('');
    };
    expect(await rowsOf(daily)).toBe(await rowsOf(single));
  });

  it('leave no draft behind', async () => {
    const school = await generate({ students: 3, days: 2 });
    const folder = join(school.files[0]?.path ?? '', '..');
    expect((await readdir(folder)).sort()).toEqual([
      'assessments.json',
      'attendance.csv',
      'students.csv',
    ]);
  });
});
