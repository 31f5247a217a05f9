import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileReport, RunReport } from '../../src/run/index.ts';
import { makeProject, type Row, type SchoolProject } from '../kit/school-project.ts';
import { zip } from '../kit/zip.ts';

// Rows 20 to 53 of the fault table that are about files: all of them lie in one drop zone and go through one run,
// so that each also proves that it stops none of the others.
const folder = fileURLToPath(new URL('./files', import.meta.url));

let project: SchoolProject;
let report: RunReport;
let refused: readonly Row[] = [];
let loaded: readonly Row[] = [];

const header = 'attendance_id,student_id,attendance_date,status,created_at';
const mark = (id: string): string => `${id},S1,2025-03-03,P,2025-03-03T08:00:00`;
const marks = (id: string): string => `${header}\n${mark(id)}\n`;

// 24: the offset of the drop zone in the project.
const zone = 'data/raw/';

const openQuote = [
  header,
  '28-1,S1,2025-03-03,"P,2025-03-03T08:00:00',
  ...Array.from({ length: 998 }, (_, index) => {
    const date = `2024-${String(1 + (index % 12)).padStart(2, '0')}-${String(1 + (index % 28)).padStart(2, '0')}`;
    return `28-${index + 2},S1,${date},P,${date}T08:00:00`;
  }),
  '',
].join('\n');

const truncated = gzipSync(marks('34-3').repeat(50)).subarray(0, 60);
const wrongCrc = (): Buffer => {
  const packed = Buffer.from(gzipSync(marks('34-4')));
  packed.writeUInt32LE(packed.readUInt32LE(packed.length - 8) ^ 1, packed.length - 8);
  return packed;
};

const made: Readonly<Record<string, string | Uint8Array>> = {
  '28/attendance_quote.csv': openQuote,
  '30/attendance_columns.csv': `${Array.from({ length: 1_000_000 }, (_, index) => `c${index}`).join(',')}\n`,
  '30/attendance_long.csv': `${header}\n30-1,S1,2025-03-03,${'x'.repeat(20 * 1024 * 1024)},\n`,
  '34/attendance_bomb.zip': zip([{ name: 'attendance.csv', body: Buffer.alloc(20_000_000) }]),
  '34/attendance_zeros.csv.gz': gzipSync(Buffer.alloc(20_000_000)),
  '34/attendance_nested.zip': zip([
    { name: 'inner.zip', body: zip([{ name: 'attendance.csv', body: marks('34-1') }]) },
  ]),
  '34/attendance_twice.csv.gz': gzipSync(gzipSync(marks('34-2'))),
  '34/attendance_cut.csv.gz': truncated,
  '34/attendance_crc.csv.gz': wrongCrc(),
  '34/attendance_zip_crc.zip': zip([
    { name: 'attendance.csv', body: marks('34-5'), crc: crc32('other') },
  ]),
  '34/attendance_no_zip.zip': 'not a zip at all',
  '34/attendance_good.zip': zip([
    { name: 'attendance_a.csv', body: marks('34-6') },
    { name: 'sub/attendance_b.csv', body: marks('34-7') },
  ]),
  '35/attendance_up.zip': zip([{ name: '../attendance.csv', body: marks('35-1') }]),
  '35/attendance_root.zip': zip([{ name: '/attendance.csv', body: marks('35-2') }]),
  '35/attendance_drive.zip': zip([{ name: 'C:\\attendance.csv', body: marks('35-3') }]),
  '35/attendance_link.zip': zip([{ name: 'attendance.csv', body: '/etc/passwd', mode: 0o120777 }]),
  '35/attendance_many.zip': zip(
    Array.from({ length: 20_000 }, (_, index) => ({ name: `attendance${index}.csv`, body: '' })),
  ),
  '43/assessments_deep.json': '['.repeat(100_000),
  '43/assessments_deep_closed.json': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  '51/attendance_sheets.xlsx': zip([
    { name: '[Content_Types].xml', body: '<Types/>' },
    { name: 'xl/worksheets/sheet1.xml', body: '<worksheet/>' },
    { name: 'xl/worksheets/sheet2.xml', body: '<worksheet/>' },
  ]),
  '51/attendance_encrypted.xlsx': Buffer.from('d0cf11e0a1b11ae1'.padEnd(1024, '0'), 'hex'),
  '53/attendance;drop table x--.csv': marks('53-1'),
  '53/attendance \'quoted\' "twice".csv': marks('53-2'),
  '53/attendance\nnewline.csv': marks('53-3'),
  [`53/attendance_${'n'.repeat(255 - 15)}.csv`]: marks('53-4'),
  '53/attendance..csv': marks('53-5'),
  '53/attendance_[a-z]*?{x}.csv': marks('53-6'),
  '53/attendance_%2e%2e_$HOME.csv': marks('53-7'),
};

beforeAll(async () => {
  project = await makeProject();
  for (const no of readdirSync(folder)) {
    for (const name of readdirSync(join(folder, no))) {
      await project.drop(`${no}/${name}`, readFileSync(join(folder, no, name)));
    }
  }
  for (const [path, content] of Object.entries(made)) await project.drop(path, content);
  await project.drop('36/elsewhere.txt.part', marks('36'));
  const raw = join(project.folder, zone, '36');
  symlinkSync(join(raw, 'elsewhere.txt.part'), join(raw, 'attendance_link.csv'));
  execFileSync('mkfifo', [join(raw, 'attendance_pipe.csv')]);
  execFileSync('mkdir', [join(raw, 'attendance_folder.csv')]);
  await project.write('schoolhouse.yaml', 'quarantine: { budget_pct: 100 }\n');
  report = await project.run();
  await project.read(async (rows) => {
    refused = await rows(
      `select file, row, line, list_sort(list_transform(reasons, lambda r: r.code || ' ' || coalesce(r."column", '-'))) as why
       from quarantine.record order by file, row`,
    );
    loaded = await rows(
      `select _source_file as file, student_id as id, _source_row as row, student_name as value from bronze.students
       union all select _source_file, attendance_id, _source_row, status from bronze.attendance
       union all select _source_file, assessment_id, _source_row, coalesce(subject, cast(score as varchar)) from bronze.assessments
       order by all`,
    );
  });
});
afterAll(() => project[Symbol.asyncDispose]());

const fileOf = (path: string): FileReport | undefined =>
  report.files.find((file) => file.path === `${zone}${path}`);

/** `set_aside reason`, or the counts of a loaded file. */
const endOf = (path: string): string => {
  const file = fileOf(path);
  if (file === undefined) return 'unseen';
  if (file.status !== 'loaded') return `${file.status} ${file.reason ?? ''}`.trim();
  const { read, loaded: won, duplicate, superseded, blank, quarantined } = file;
  const rest = [
    [duplicate, 'duplicate'],
    [superseded, 'superseded'],
    [blank, 'blank'],
    [quarantined, 'quarantined'],
  ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return [`${read} read`, `${won} loaded`, ...rest].join(', ');
};

const whyOf = (path: string): readonly string[] =>
  refused
    .filter((row) => row.file === `${zone}${path}`)
    .map((row) => `${row.line}: ${(row.why as readonly string[]).join(', ')}`);

const valuesOf = (path: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    loaded.filter((row) => row.file === `${zone}${path}`).map((row) => [String(row.id), row.value]),
  );

const warningsOf = (path: string): readonly string[] =>
  report.warnings.filter((one) => one.file === `${zone}${path}`).map((one) => one.code);

const textOf = (path: string): string => fileOf(path)?.detail ?? '';

describe('files in (fault rows 20 to 53)', () => {
  it('the run ends with data and commits what is good; every file balances', () => {
    expect(report.status).toBe('data');
    expect(report.snapshot).toBe(report.run_id);
    for (const file of report.files) {
      const { path, read, loaded: won, duplicate, superseded, blank, quarantined } = file;
      expect([path, won + duplicate + superseded + blank + quarantined]).toEqual([path, read]);
    }
    expect(endOf('00/students.csv')).toBe('2 read, 2 loaded');
  });

  it('20: temporary names are silent', () => {
    expect(report.files.filter((file) => file.path.startsWith(`${zone}20/`))).toEqual([]);
    expect(report.warnings.filter((one) => one.file?.startsWith(`${zone}20/`))).toEqual([]);
  });

  it('23: nothing in a file is file_empty; a header alone, or an empty array, is 0 rows', () => {
    expect(endOf('23/attendance_nothing.csv')).toBe('set_aside file_empty');
    expect(endOf('23/attendance_blank.csv')).toBe('set_aside file_empty');
    expect(endOf('23/assessments_nothing.json')).toBe('set_aside file_empty');
    expect(endOf('23/attendance_header.csv')).toBe('0 read, 0 loaded');
    expect(endOf('23/assessments_none.json')).toBe('0 read, 0 loaded');
  });

  it('24: a byte order mark and UTF-16 are as plain UTF-8', () => {
    for (const name of ['utf8_bom', 'utf16le', 'utf16be']) {
      expect(endOf(`24/attendance_${name}.csv`)).toBe('2 read, 2 loaded');
    }
    expect(valuesOf('24/attendance_utf16le.csv')).toEqual({
      '24-b-1': 'present',
      '24-b-2': 'late',
    });
    expect(valuesOf('24/assessments_utf16.json')).toEqual({ '24-j': 'Français' });
    expect(valuesOf('24/assessments_bom.json')).toEqual({ '24-k': 'Français' });
  });

  it('25: undeclared cp1252 is decoded with a warning; one bad byte in UTF-8 refuses its row alone', () => {
    expect(valuesOf('25/students_cp1252.csv')).toEqual({
      '25-1': 'José',
      '25-2': 'Zoë “Z” Müller',
    });
    expect(warningsOf('25/students_cp1252.csv')).toContain('encoding_assumed');
    expect(valuesOf('25/students_utf8_bad_byte.csv')).toEqual({ '25-3': 'Zoë', '25-5': 'Émile' });
    expect(whyOf('25/students_utf8_bad_byte.csv')).toEqual(['3: encoding_invalid -']);
  });

  it('26: CR alone, and CR, LF and CRLF mixed, lose no row', () => {
    expect(endOf('26/attendance_cr.csv')).toBe('2 read, 2 loaded');
    expect(endOf('26/attendance_mixed.csv')).toBe('4 read, 4 loaded');
  });

  it('27: NUL and 0x1A refuse their row, and 0x1A is no end', () => {
    expect(endOf('27/students_nul.csv')).toBe('3 read, 1 loaded, 2 quarantined');
    expect(whyOf('27/students_nul.csv')).toEqual([
      '2: control_character -',
      '3: control_character -',
    ]);
  });

  it('28: a quote that is never closed costs one row of 999', () => {
    expect(endOf('28/attendance_quote.csv')).toBe('999 read, 998 loaded, 1 quarantined');
    expect(whyOf('28/attendance_quote.csv')).toEqual(['2: quote_unclosed -']);
  });

  it('29: short and long rows and a trailing comma are refused with their lines', () => {
    expect(whyOf('29/attendance_ragged.csv')).toEqual([
      '3: columns -',
      '4: columns -',
      '5: columns -',
    ]);
    expect(endOf('29/attendance_ragged.csv')).toBe('5 read, 2 loaded, 3 quarantined');
  });

  it('30: a million columns and a record of 20 MB are set aside', () => {
    expect(endOf('30/attendance_columns.csv')).toBe('set_aside record_too_long');
    expect(endOf('30/attendance_long.csv')).toBe('set_aside record_too_long');
  });

  it('31: a header twice, two headers of one column, a blank header: both positions are named', () => {
    expect(endOf('31/attendance_header_twice.csv')).toBe('set_aside feed_unmatched');
    expect(textOf('31/attendance_header_twice.csv')).toContain('4 and 6');
    expect(endOf('31/students_id_id.csv')).toBe('set_aside feed_unmatched');
    expect(textOf('31/students_id_id.csv')).toContain('1 and 2');
    expect(endOf('31/attendance_header_blank.csv')).toBe('set_aside feed_unmatched');
    expect(textOf('31/attendance_header_blank.csv')).toContain('position 3');
  });

  it('32: columns in another order and spelling are the same', () => {
    expect(valuesOf('32/attendance_reordered.csv')).toEqual({ '32-1': 'present' });
  });

  it('33: a new column warns, a missing key sets aside, a missing optional one loads, a changed type refuses rows', async () => {
    expect(endOf('33/attendance_new_column.csv')).toBe('1 read, 1 loaded');
    expect(warningsOf('33/attendance_new_column.csv')).toEqual(['column_unmatched']);
    expect(endOf('33/attendance_no_key.csv')).toBe('set_aside key_column_missing');
    expect(endOf('33/attendance_no_created_at.csv')).toBe('1 read, 1 loaded');
    expect(whyOf('33/assessments_type_change.json')).toEqual([
      '1: number_invalid score',
      '1: number_invalid score',
    ]);
    const changes = await project.rows(
      `select change, column_name from meta.schema_change as c join meta.file as f on f.file_id = c.file_id
       where f.path like '%/33/attendance_n%' and column_name in ('mood', 'created_at') order by 1, 2`,
    );
    expect(changes).toEqual([
      { change: 'added', column_name: 'mood' },
      { change: 'missing', column_name: 'created_at' },
    ]);
  });

  it('34: bombs, archives in archives, cut and altered ones are set aside', () => {
    for (const name of [
      'bomb.zip',
      'zeros.csv.gz',
      'nested.zip',
      'twice.csv.gz',
      'cut.csv.gz',
      'crc.csv.gz',
      'zip_crc.zip',
      'no_zip.zip',
    ]) {
      expect([name, endOf(`34/attendance_${name}`)]).toEqual([name, 'set_aside file_unsafe']);
    }
    expect(endOf('34/attendance_good.zip/attendance_a.csv')).toBe('1 read, 1 loaded');
    expect(endOf('34/attendance_good.zip/sub/attendance_b.csv')).toBe('1 read, 1 loaded');
  });

  it('35: entries that lead out of the archive, links and 20,000 entries are set aside; nothing is written outside', async () => {
    for (const name of ['up', 'root', 'drive', 'link', 'many']) {
      expect([name, endOf(`35/attendance_${name}.zip`)]).toEqual([name, 'set_aside file_unsafe']);
    }
    expect(await project.effects.fs.list(join(project.folder, 'data/tmp'))).toEqual([]);
    expect(await project.effects.fs.stat(join(project.folder, 'data/attendance.csv'))).toBe(
      undefined,
    );
  });

  it('36: a link, a pipe and a folder with a data name are refused without being opened', () => {
    for (const name of ['link', 'pipe', 'folder']) {
      expect([name, endOf(`36/attendance_${name}.csv`)]).toEqual([name, 'set_aside file_unsafe']);
    }
  });

  it('42: attendance under the name of students is set aside', () => {
    expect(endOf('42/students_wrong.csv')).toBe('set_aside feed_unmatched');
  });

  it('43: JSON nested deeper than 64 is set aside, without a crash or a hang', () => {
    for (const name of ['deep.json', 'deep_closed.json', 'deep_row.jsonl']) {
      expect([name, endOf(`43/assessments_${name}`)]).toEqual([name, 'set_aside file_unsafe']);
    }
  });

  it('44: a key twice refuses its row', () => {
    expect(endOf('44/assessments_keys.json')).toBe('2 read, 1 loaded, 1 quarantined');
    expect(whyOf('44/assessments_keys.json')).toEqual(['1: json_duplicate_key -']);
  });

  it('45: NaN, Infinity and 1e400 are refused; -0 is 0', () => {
    expect(whyOf('45/assessments_numbers.json').slice(0, 3)).toEqual([
      '1: json_invalid -',
      '2: json_invalid -',
      '3: number_invalid score',
    ]);
    expect(valuesOf('45/assessments_numbers.json')['45-4']).toBe('0.000000');
  });

  it('46: large whole numbers are exact as ids, and 46.0 meets 46', () => {
    expect(Object.keys(valuesOf('46/assessments_big.json')).sort()).toEqual([
      '18446744073709551616',
      '46',
      '9007199254740993',
    ]);
  });

  it('47: a broken line of JSON lines costs that line', () => {
    expect(endOf('47/assessments_lines.jsonl')).toBe('3 read, 2 loaded, 1 quarantined');
    expect(whyOf('47/assessments_lines.jsonl')).toEqual(['2: json_invalid -']);
  });

  it('48: a lone surrogate and bytes that are no UTF-8 refuse their row', () => {
    expect(whyOf('48/assessments_surrogate.json')).toEqual(['1: encoding_invalid -']);
    expect(valuesOf('48/assessments_surrogate.json')).toEqual({ '48-2': '😀' });
    expect(whyOf('48/assessments_bytes.jsonl')).toEqual(['1: encoding_invalid -']);
    expect(valuesOf('48/assessments_bytes.jsonl')).toEqual({ '48-4': 'é' });
  });

  it('49: ids meet in NFC, names stay as they are', () => {
    expect(endOf('49/attendance_forms.csv')).toBe('1 read, 1 loaded');
    expect(valuesOf('49/students_forms.csv')).toEqual({
      é49: `${'é49'.normalize('NFD')} Name`,
      '49-2': '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}',
      '49-3': '\u202eevil\u202c',
      '49-4': 'שלום',
      '49-5': '𠜎',
    });
  });

  it('50: what a spreadsheet makes of a cell is not guessed: 007 keeps its zeros, serial days and 1,5 are refused', () => {
    expect(whyOf('50/assessments_spreadsheet.csv')).toEqual([
      '4: date_invalid assessment_date',
      '5: number_invalid score',
      '6: date_invalid assessment_date',
    ]);
    expect(valuesOf('50/assessments_spreadsheet.csv')).toEqual({
      '007': '7.000000',
      "'008": '100.000000',
    });
  });

  it('51: a spreadsheet is set aside, also an encrypted one, and the way out is told', () => {
    for (const name of ['sheets', 'encrypted']) {
      expect([name, endOf(`51/attendance_${name}.xlsx`)]).toEqual([
        name,
        'set_aside feed_unmatched',
      ]);
      expect(textOf(`51/attendance_${name}.xlsx`)).toContain('CSV');
    }
  });

  it('52: days and hours that are none are refused with their column', () => {
    expect(whyOf('52/attendance_dates.csv')).toEqual([
      '2: date_invalid attendance_date',
      '3: date_invalid attendance_date',
      '4: date_invalid attendance_date',
      '5: timestamp_invalid created_at',
      '6: date_invalid attendance_date',
      '7: date_invalid attendance_date',
    ]);
    expect(endOf('52/attendance_dates.csv')).toBe('7 read, 1 loaded, 6 quarantined');
  });

  it('53: odd file names load and harm neither SQL nor log', async () => {
    const own = Object.keys(made).filter((path) => path.startsWith('53/'));
    for (const path of own) expect([path, endOf(path)]).toEqual([path, '1 read, 1 loaded']);
    const log = readFileSync(join(project.folder, 'data/archive/index.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    for (const line of log) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('the archive and the lake are readable by their owner alone', () => {
    const all = readdirSync(join(project.folder, 'data/lake'), {
      recursive: true,
      withFileTypes: true,
    });
    const open = all.filter(
      (entry) =>
        entry.isFile() && (statSync(join(entry.parentPath, entry.name)).mode & 0o077) !== 0,
    );
    expect(open.map((entry) => entry.name)).toEqual([]);
  });

  it('nothing changes in a second run, which exits with data again', async () => {
    const again = await project.run();
    expect(again).toMatchObject({ status: 'data', snapshot: null });
    expect(await project.rows('select count(*) as n from bronze.attendance')).toEqual([
      { n: loaded.filter((row) => /attendance[^/]*$/s.test(String(row.file))).length },
    ]);
  });
});
