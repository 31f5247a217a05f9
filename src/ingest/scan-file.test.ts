import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Effects, nodeEffects } from '../base/index.ts';
import { extractRecords } from './extract-records.ts';
import type { RefusedRecord } from './scan.ts';
import { copyCsv } from './scan-csv-copy.ts';
import { scanRegularCsv } from './scan-csv-regular.ts';
import { scanFile, type TextFormat } from './scan-file.ts';

let folder = '';
let effects: Effects;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scan-file-'));
  mkdirSync(join(folder, 'tmp'));
  effects = await nodeEffects();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Effects whose reads give a few bytes at a time, so that every record is cut at every place. */
const shortReads = (bytes: number): Effects => ({
  ...effects,
  fs: {
    ...effects.fs,
    open: async (path, mode) => {
      const file = await effects.fs.open(path, mode);
      return {
        ...file,
        read: (buffer, position) => file.read(buffer.subarray(0, bytes), position),
      };
    },
  },
});

const text = (path: string): string => readFileSync(path, 'utf8');

/** Everything that a scan tells, temp names left out. */
const tell = async (bytes: Uint8Array, format: TextFormat, world: Effects) => {
  const path = join(folder, 'a.txt');
  const tempFolder = join(folder, 'tmp');
  writeFileSync(path, bytes);
  const outcome = await scanFile({ path, name: path, format, settings: {}, tempFolder }, world);
  if (outcome.kind === 'set_aside') return outcome;
  const { report } = outcome;
  const rows = Array.from({ length: report.read }, (_, index) => index + 1);
  const extracted: RefusedRecord[] = [];
  for await (const record of extractRecords(report.plain, rows, world)) extracted.push(record);
  return {
    ...report,
    plain: { ...report.plain, path: '' },
    dataPath: '',
    data: report.isCopy ? text(report.dataPath) : '',
    refusedPath: '',
    refusedText: report.refusedPath === undefined ? '' : text(report.refusedPath),
    extracted,
  };
};

const piecesOf = (pieces: readonly string[], most: number) =>
  fc
    .array(fc.constantFrom(...pieces), { maxLength: most })
    .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part, 'latin1'))));

const csvPieces = [
  ...['a', 'b,', ',', ',,', '"', '""', '"x"', '"y,\nz"', '\n', '\n', '\r\n', '\r', ' ', '\t', ';'],
  ...['a,b\n', '1,2\n', '\xc3\xa9', '\xe9', '\0', '\xef\xbb\xbf', '\x81'],
];
const jsonPieces = [
  ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"b":', '{"a":1}', '{"a":"x","b":null}', ',\n'],
  ...[
    '\n',
    '\r\n',
    ' ',
    '1',
    '-0.5e3',
    '01',
    'true',
    'nul',
    '\\',
    '\\u00e9',
    '\\ud800',
    '\xc3\xa9',
  ],
  ...['\xff', '[{"a":[1, 2]},', '{"d":[', '{"c":{"d":2}}'],
];

for (const [format, pieces] of [
  ['csv', csvPieces],
  ['tsv', csvPieces],
  ['json', jsonPieces],
] as const)
  test(`any ${format} text gives one result however its bytes are cut, and every row is found again`, async () => {
    await fc.assert(
      fc.asyncProperty(
        piecesOf(pieces, 25),
        fc.integer({ min: 1, max: 9 }),
        async (bytes, size) => {
          const whole = await tell(bytes, format, effects);
          const cut = await tell(bytes, format, shortReads(size));
          if (whole.kind === 'set_aside' || cut.kind === 'set_aside') {
            expect(cut).toEqual(whole);
            return;
          }
          expect(cut).toEqual(whole);
          const refused = whole.refusedText
            .split('\n')
            .filter((line) => line !== '')
            .map((line): RefusedRecord => JSON.parse(line));
          expect(refused).toHaveLength(whole.refused);
          const found = new Map(whole.extracted.map((record) => [record.row, record]));
          const isNothing = new Set(refused.filter((r) => r.raw === '').map((r) => r.row));
          for (let row = 1; row <= whole.read; row += 1)
            // What an object around an array lacks is a record without bytes.
            expect(found.has(row) || isNothing.has(row)).toBe(true);
          for (const record of refused)
            if (found.has(record.row))
              expect(found.get(record.row)).toEqual({ ...record, codes: [] });
        },
      ),
      { numRuns: 60 },
    );
  });

test('a broken object over several lines is one record, however its bytes are cut', async () => {
  const texts = [
    ['{\n}\\u00e9', '{\n}\\u00e9'],
    ['{\n"a": nul\n}, x\n{"b": 1}', '{\n"a": nul\n}, x'],
    ['{\n"a": nul\n"b": "}"\n}\n{"b": 1}', '{\n"a": nul\n"b": "}"\n}'],
    // Its brackets do not match: its first line is the record, and the others are records of their own.
    ['{\n"a": [}\n{"b": 1}', '{'],
  ] as const;
  for (const [text, raw] of texts)
    for (let size = 1; size <= 12; size += 1) {
      const cut = await tell(Buffer.from(text), 'json', shortReads(size));
      const [first = ''] = (cut.kind === 'set_aside' ? '' : cut.refusedText).split('\n');
      expect([text, size, JSON.parse(first).raw]).toEqual([text, size, raw]);
    }
});

test('what the fast scan calls regular, the careful scan reads as the same records, none refused', async () => {
  const cell = fc.constantFrom('a', 'bc', '', '""', '"x"', '"a ""b"" c"', 'é', '"1,2"', ' ');
  const file = fc
    .tuple(
      fc
        .integer({ min: 1, max: 4 })
        .chain((width) =>
          fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 }),
        ),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\n', '\n\n'),
    )
    .map(([rows, end, tail]) => rows.map((row) => row.join(',')).join(end) + tail);
  let regular = 0;
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 9 }), async (content, size) => {
      const path = join(folder, 'b.csv');
      const tempFolder = join(folder, 'tmp');
      writeFileSync(path, content);
      const outcome = await scanFile(
        { path, name: path, format: 'csv', settings: {}, tempFolder },
        effects,
      );
      if (outcome.kind === 'set_aside' || outcome.report.isCopy) return;
      regular += 1;
      const { delimiter } = outcome.report.dialect;
      const bytes = Buffer.from(content);
      const scan = scanRegularCsv(undefined);
      const header = bytes.indexOf('\n') + 1;
      scan.push(bytes.subarray(0, header));
      for (let at = header; at < bytes.length; at += size)
        scan.push(bytes.subarray(at, Math.min(at + size, bytes.length)));
      expect(scan.finish()).toMatchObject({
        read: outcome.report.read,
        marks: outcome.report.plain.marks,
      });
      const careful = await copyCsv(
        { path, encoding: 'utf-8', delimiter, start: 0, tempFolder },
        effects,
      );
      if (careful.kind === 'set_aside') throw new Error(careful.reason);
      const { read, refused, plain } = careful.report;
      expect([read, refused, plain]).toEqual([outcome.report.read, 0, outcome.report.plain]);
    }),
    { numRuns: 100 },
  );
  expect(regular).toBeGreaterThan(20);
});
