import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinSql, nodeEffects, quoteText, sql, trustedSql } from '../base/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import type { RefusedRecord, ScanReport, ScanSettings, SetAside } from './scan.ts';
import { scanFile } from './scan-file.ts';

let folder = '';
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scan-csv-'));
  engine = await openDuckDB({ memoryLimitBytes: 256e6, threads: 2, tempFolder: join(folder, 'x') });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
const scan = async (bytes: string | Uint8Array, name = 'a.csv', settings: ScanSettings = {}) => {
  made += 1;
  const path = join(folder, `${made}-${name}`);
  writeFileSync(path, bytes);
  const format = name.endsWith('.tsv') ? 'tsv' : 'csv';
  return scanFile({ path, name, format, settings, tempFolder: folder }, await nodeEffects());
};

const report = async (...args: Parameters<typeof scan>): Promise<ScanReport> => {
  const outcome = await scan(...args);
  if (outcome.kind !== 'scanned') throw new Error(`set aside: ${outcome.reason}`);
  return outcome.report;
};

const aside = async (...args: Parameters<typeof scan>): Promise<SetAside> => {
  const outcome = await scan(...args);
  if (outcome.kind !== 'set_aside') throw new Error('it was not set aside');
  return outcome;
};

/** The records as the engine reads them, each with its row and line in front. */
const load = async ({ dataPath, dialect, columns, isCopy, lineOffset }: ScanReport) => {
  const names = columns.map((_, index) => `c${index}`);
  const types = joinSql(names.map((name) => sql`${quoteText(name)}: 'VARCHAR'`));
  const newline = dialect.newline === '\n' ? '\\n' : '\\r\\n';
  const rows = await engine.rows(
    sql`select * from read_csv(${quoteText(dataPath)}, auto_detect = false, header = false, skip = ${dialect.skip}, delim = ${quoteText(dialect.delimiter)}, quote = '"', escape = '"', comment = '', new_line = ${quoteText(newline)}, parallel = ${!dialect.multiline}, null_padding = ${dialect.padded}, columns = {${types}})`,
  );
  return rows.map((row, index) => {
    const cells = names.map((name) => row[name]);
    return isCopy
      ? [Number(cells[0]), Number(cells[1]), ...cells.slice(2)]
      : [index + 1, index + 1 + lineOffset, ...cells];
  });
};

const refused = ({ refusedPath }: ScanReport): readonly RefusedRecord[] =>
  refusedPath === undefined
    ? []
    : readFileSync(refusedPath, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): RefusedRecord => JSON.parse(line));

test('a regular file is read where it lies, with CRLF, quotes, empty cells and empty lines at its end', async () => {
  const found = await report('id,name\r\n1,"Ng, A"\r\n2,\r\n3,"say ""x"""\r\n\r\n\r\n');
  expect(found).toMatchObject({ isCopy: false, read: 3, refused: 0, lineOffset: 1 });
  expect(found.dialect).toMatchObject({ delimiter: ',', newline: '\r\n', skip: 1 });
  expect(found.longestRecordBytes).toBe(13);
  expect(await load(found)).toEqual([
    [1, 2, '1', 'Ng, A'],
    [2, 3, '2', null],
    [3, 4, '3', 'say "x"'],
  ]);
});

test('the delimiter is found in the header outside quotes, and is a tab in .tsv', async () => {
  expect((await report('"a,b,c";d\n1;2\n')).dialect.delimiter).toBe(';');
  expect((await report('a|b\n1|2\n')).dialect.delimiter).toBe('|');
  expect((await report('a\tb,c\n1\t2\n', 'a.tsv')).columns).toEqual(['a', 'b,c']);
  expect((await report('one\n1\n2\n')).columns).toEqual(['one']);
});

test('row 23: nothing, or only blank lines, is file_empty; a header alone is a file with no rows', async () => {
  expect((await aside('')).reason).toBe('file_empty');
  expect((await aside('\n \t\r\n\n')).reason).toBe('file_empty');
  expect((await aside('\ufeff')).reason).toBe('file_empty');
  for (const text of ['a,b\n', 'a,b', 'a,b\n\n']) {
    const found = await report(text);
    expect([found.read, found.refused, await load(found)]).toEqual([0, 0, []]);
  }
});

test('row 24: byte-order marks of UTF-8 and UTF-16 lead to the same rows', async () => {
  const text = 'name,b\nJosé,1\n😀,2\n';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const bytes of [`\ufeff${text}`, little, big]) {
    const found = await report(bytes);
    expect(found.columns).toEqual(['name', 'b']);
    expect(await load(found)).toEqual([
      [1, 2, 'José', '1'],
      [2, 3, '😀', '2'],
    ]);
  }
});

test('row 24: half of a surrogate pair in UTF-16 refuses its row alone', async () => {
  const found = await report(Buffer.from('\ufeffa,b\nx\ud800,1\ny,2\n', 'utf16le'));
  expect(refused(found).map((r) => [r.row, r.codes])).toEqual([[1, ['encoding_invalid']]]);
  expect(await load(found)).toEqual([[2, 3, 'y', '2']]);
});

test('row 25: undeclared Windows-1252 is decoded and said; offsets are those of the file', async () => {
  const found = await report(Buffer.from('name,b\nJos\xe9 \x80,1\n\xe9,2,3\n', 'latin1'));
  expect(found.warnings.map((warning) => warning.code)).toEqual(['encoding_assumed']);
  // 0x80 is the euro sign in Windows-1252; latin1 writes it as the byte 80.
  expect(await load(found)).toEqual([[1, 2, 'José €', '1']]);
  expect(refused(found)).toEqual([
    {
      row: 2,
      line: 3,
      byte_offset: 16,
      byte_length: 5,
      codes: ['columns'],
      raw: 'é,2,3',
      cells: null,
    },
  ]);
});

test('row 25: a file with real UTF-8 keeps it, and its bad rows are encoding_invalid', async () => {
  const bytes = Buffer.concat([Buffer.from('name,b\nJosé,1\n'), Buffer.from('\xe9,2\n', 'latin1')]);
  const found = await report(bytes);
  expect(found.warnings).toEqual([]);
  expect(await load(found)).toEqual([[1, 2, 'José', '1']]);
  expect(refused(found).map((r) => [r.row, r.codes, r.raw, r.cells])).toEqual([
    [2, ['encoding_invalid'], '\\xE9,2', { name: '\\xE9', b: '2' }],
  ]);
});

test('row 25: a declared encoding is believed, without a warning', async () => {
  const bytes = Buffer.from('name,b\nJos\xc3\xa9,1\n', 'latin1');
  const found = await report(bytes, 'a.csv', { encoding: 'windows-1252' });
  expect(found.warnings).toEqual([]);
  expect(await load(found)).toEqual([[1, 2, 'JosÃ©', '1']]);
  const greek = await report(Buffer.from([0x61, 0x0a, 0xe1, 0x0a]), 'a.csv', {
    encoding: 'iso-8859-7',
  });
  expect(await load(greek)).toEqual([[1, 2, 'α']]);
});

test('row 26: CR only, and CR, LF and CRLF mixed, give all rows with their physical lines', async () => {
  expect(await load(await report('a,b\r1,2\r3,4'))).toEqual([
    [1, 2, '1', '2'],
    [2, 3, '3', '4'],
  ]);
  expect(await load(await report('a,b\n1,2\r\n3,4\r5,6\n'))).toEqual([
    [1, 2, '1', '2'],
    [2, 3, '3', '4'],
    [3, 4, '5', '6'],
  ]);
});

test('row 27: NUL and 0x1A refuse their row and end nothing', async () => {
  const found = await report('a,b\nx\u0000,1\ny,\u001a2\nz,3\n');
  expect(found.read).toBe(3);
  expect(refused(found).map((r) => [r.row, r.line, r.codes])).toEqual([
    [1, 2, ['control_character']],
    [2, 3, ['control_character']],
  ]);
  expect(await load(found)).toEqual([[3, 4, 'z', '3']]);
});

test('row 28: an open quote on line 2 of 1,000 refuses that line, and 998 others load', async () => {
  const lines = ['a,b', '"open,1', ...Array.from({ length: 998 }, (_, k) => `x${k},${k}`)];
  const found = await report(`${lines.join('\n')}\n`);
  expect([found.read, found.refused]).toEqual([999, 1]);
  expect(refused(found).map((r) => [r.line, r.codes, r.raw, r.byte_offset, r.byte_length])).toEqual(
    [[2, ['quote_unclosed'], '"open,1', 4, 7]],
  );
  const rows = await load(found);
  expect(rows).toHaveLength(998);
  expect(rows[0]).toEqual([2, 3, 'x0', '0']);
});

test('row 28: a later quoted cell does not close an open quote, and text after a closing quote is quote_unclosed', async () => {
  const found = await report('a,b\n"open,1\nx,2\n"Ng, A",3\n"q"x,4\ny,5\n');
  expect(refused(found).map((r) => [r.row, r.line, r.codes])).toEqual([
    [1, 2, ['quote_unclosed']],
    [4, 5, ['quote_unclosed']],
  ]);
  expect(await load(found)).toEqual([
    [2, 3, 'x', '2'],
    [3, 4, 'Ng, A', '3'],
    [5, 6, 'y', '5'],
  ]);
});

test('a quote inside a bare cell is a character', async () => {
  expect(await load(await report('a,b\n5\'11",1\n"x""y",2\n'))).toEqual([
    [1, 2, '5\'11"', '1'],
    [2, 3, 'x"y', '2'],
  ]);
});

test('row 29: short rows, long rows and a trailing comma are columns, with their line', async () => {
  const found = await report('a,b\n1\n1,2\n1,2,3\n1,2,\n');
  expect(refused(found).map((r) => [r.row, r.line, r.codes, r.cells])).toEqual([
    [1, 2, ['columns'], null],
    [3, 4, ['columns'], null],
    [4, 5, ['columns'], null],
  ]);
  expect(await load(found)).toEqual([[2, 3, '1', '2']]);
});

test('all codes of a record are listed', async () => {
  const bytes = Buffer.from('é,b\n\u0001,2,3\n', 'utf8');
  bytes[7] = 0xff;
  expect(refused(await report(bytes)).map((r) => r.codes)).toEqual([
    ['columns', 'encoding_invalid', 'control_character'],
  ]);
});

test('blank lines are no records but move lines; a cell over lines keeps its line breaks', async () => {
  const found = await report('\n a , b \n\n1,"x\ny"\r\n  \n2,z\n"",""\n');
  expect(found.columns).toEqual(['_source_row', '_source_line', ' a ', ' b ']);
  expect(found.dialect.multiline).toBe(true);
  expect(await load(found)).toEqual([
    [1, 4, '1', 'x\ny'],
    [2, 7, '2', 'z'],
    [3, 8, null, null],
  ]);
});

test('row 30: too many columns and a line over 16 MB set the file aside; 10,000 columns are fine', async () => {
  const wide = Array.from({ length: 10_000 }, (_, k) => `c${k}`).join(',');
  expect((await report(`${wide}\n`)).columns).toHaveLength(10_000);
  expect((await aside(`${wide},x\n1\n`)).reason).toBe('record_too_long');
  const long = await aside(Buffer.concat([Buffer.from('a\n1\n'), Buffer.alloc(17 << 20, 0x78)]));
  expect([long.reason, long.line]).toEqual(['record_too_long', 3]);
});

test('row 30: a quote not closed within 16 MB refuses its first line only', async () => {
  const body = 'x,1\n'.repeat((17 << 20) / 4);
  const found = await report(`a,b\n"open,0\n${body}y,"2\n"\n`);
  expect(refused(found).map((r) => [r.row, r.codes])).toEqual([[1, ['quote_unclosed']]]);
  expect(found.read).toBe(2 + (17 << 20) / 4);
});

test('row 31: a repeated name, names that differ in case only, and blank names are told by position', async () => {
  expect((await report('ID,x, id \n1,2,3\n')).headerProblems).toEqual([
    { kind: 'repeated', positions: [1, 3] },
  ]);
  expect((await report('a,,b,\n1,2,3,4\n')).headerProblems).toEqual([
    { kind: 'blank', positions: [2, 4] },
  ]);
});

test('row 49: combining, right-to-left, joined and four-byte characters pass as they are', async () => {
  const names = ['Zoë', 'Zoe\u0308', 'علي', '👩\u200d🏫', '𠜎'];
  const found = await report(`name,b\n${names.map((name) => `${name},1\n`).join('')}`);
  expect((await load(found)).map((row) => row[2])).toEqual(names);
});

test('a file of several chunks is scanned as one, records cut by the chunks included', async () => {
  const rows = Array.from({ length: 60_000 }, (_, k) => `id-${k},"name, ${'é'.repeat(k % 30)}"`);
  const regular = await report(`id,name\n${rows.join('\n')}\n`);
  const copied = await report(`id,name\n${rows.join('\n')}\n5"5,x\n`);
  expect([regular.isCopy, regular.read, copied.isCopy, copied.read]).toEqual([
    false,
    60_000,
    true,
    60_001,
  ]);
  const expected = rows.map((_, k) => [k + 1, k + 2, `id-${k}`, `name, ${'é'.repeat(k % 30)}`]);
  expect(await load(regular)).toEqual(expected);
  expect((await load(copied)).slice(0, -1)).toEqual(expected);
});

test('refused records keep no engine setting open to their text', async () => {
  const found = await report(`a,b\n${"x'; drop table t--"},1,2\n`);
  expect(refused(found)[0]?.raw).toBe("x'; drop table t--,1,2");
  expect(await engine.rows(trustedSql('select 1 as one'))).toEqual([{ one: 1 }]);
});
