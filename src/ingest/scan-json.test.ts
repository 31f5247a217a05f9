import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeEffects } from '../base/index.ts';
import { extractRecords } from './extract-records.ts';
import type { RefusedRecord, ScanReport, ScanSettings } from './scan.ts';
import { scanFile } from './scan-file.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-json-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const scan = async (bytes: string | Uint8Array, settings: ScanSettings = {}, name = 'a.json') => {
  made += 1;
  const path = join(folder, `${made}-${name}`);
  writeFileSync(path, bytes);
  return scanFile(
    { path, name, format: 'json', settings, tempFolder: folder },
    await nodeEffects(),
  );
};

const report = async (...args: Parameters<typeof scan>): Promise<ScanReport> => {
  const outcome = await scan(...args);
  if (outcome.kind !== 'scanned') throw new Error(`set aside: ${outcome.reason}`);
  return outcome.report;
};

const reasonOf = async (...args: Parameters<typeof scan>): Promise<string> => {
  const outcome = await scan(...args);
  return outcome.kind === 'set_aside' ? outcome.reason : 'scanned';
};

const copy = ({ dataPath }: ScanReport): string => readFileSync(dataPath, 'utf8');
const columns = (found: ScanReport): readonly string[] => found.columns.slice(2);
const refused = ({ refusedPath }: ScanReport): readonly RefusedRecord[] =>
  refusedPath === undefined
    ? []
    : readFileSync(refusedPath, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): RefusedRecord => JSON.parse(line));

/** Row, line and codes of what was refused. */
const codes = (found: ScanReport) => refused(found).map((r) => [r.row, r.line, ...r.codes]);

test('an array, JSON lines, pretty-printed and concatenated objects give the same rows', async () => {
  const texts = [
    '[{"id":"1","n":2},\n {"id":"3","n":4}]',
    '{"id":"1","n":2}\n{"id":"3","n":4}\n',
    '{"id":"1",\n"n":2}{"id":"3","n":4}',
    '{\n  "id": "1",\n  "n": 2\n}\n{\n  "id": "3",\n  "n": 4\n}',
    '{"data": [{"id":"1","n":2}, {"id":"3","n":4}], "count": 2}',
    '\ufeff[{"id":"1","n":2}, {"id":"3","n":4}]',
  ];
  for (const text of texts) {
    const found = await report(text);
    expect([found.read, found.refused, columns(found)]).toEqual([2, 0, ['id', 'n']]);
    expect(copy(found).replace(/^(\d+),\d+/gm, '$1')).toBe('1,"1","2"\n2,"3","4"\n');
  }
});

test('_source_line is the line where the element starts, for every kind of line break', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const found = await report(['[', '', '{"a":1},{"a":2},', '{', '"a":3}]', ''].join(end));
    expect(copy(found)).toBe('1,3,"1"\n2,3,"2"\n3,4,"3"\n');
  }
});

test('nested objects flatten with _, arrays become compact text, null and missing are empty and bare', async () => {
  const found = await report(
    '[{"id":1,"address":{"city":"X","geo":{"lat":1.50}},"tags":[ 1, "a b", {"k" : null} ],"e":""},' +
      '{"id":null,"late":true,"address":{}}]',
  );
  expect(columns(found)).toEqual(['id', 'address_city', 'address_geo_lat', 'tags', 'e', 'late']);
  expect(copy(found)).toBe('1,1,"1","X","1.50","[1,""a b"",{""k"":null}]",""\n2,1,,,,,,"true"\n');
  expect(found.dialect.padded).toBe(true);
});

test('several arrays need to be told apart: json_records, unless `records` names one', async () => {
  const text = '{"students":[{"id":1}],"meta":{"classes":[{"id":2},{"id":3}]},"tags":["x"]}';
  expect(await reasonOf(text)).toBe('json_records');
  expect(await reasonOf(text, { records: 'nothing' })).toBe('json_records');
  expect((await report(text, { records: 'students' })).read).toBe(1);
  expect(copy(await report(text, { records: 'meta.classes' }))).toBe('1,1,"2"\n2,1,"3"\n');
});

test('an object without an array of objects is one record, and JSON lines with arrays stay lines', async () => {
  expect((await report('{"id":1,"tags":["a"],"empty":[]}')).read).toBe(1);
  const lines = await report('{"id":1,"answers":[{"q":1}]}\n{"id":2,"answers":[]}\n');
  expect(copy(lines)).toBe('1,1,"1","[{""q"":1}]"\n2,2,"2","[]"\n');
  expect((await report('{"id":1,"answers":[{"q":1}]}', {}, 'a.jsonl')).read).toBe(1);
  expect((await report('{"students":[]}')).read).toBe(0);
});

test('row 23: nothing is file_empty, an empty array is a file with no rows', async () => {
  for (const text of ['', ' \n\t\r\n', '\ufeff']) expect(await reasonOf(text)).toBe('file_empty');
  expect((await report('[]')).read).toBe(0);
  expect((await report(' [ \n ] ')).read).toBe(0);
});

test('row 43: brackets nested 100,000 deep are refused at 64 without a crash', async () => {
  expect(await reasonOf('['.repeat(100_000))).toBe('file_unsafe');
  expect(await reasonOf('{"a":'.repeat(100_000))).toBe('file_unsafe');
  expect(await reasonOf(`[{"a":${'['.repeat(62)}${']'.repeat(62)}}]`)).toBe('scanned');
  expect(await reasonOf(`[{"a":${'['.repeat(63)}${']'.repeat(63)}}]`)).toBe('file_unsafe');
});

test('row 44: a key that stands twice, also in an inner object or after flattening, refuses its row', async () => {
  const found = await report(
    '[{"a":1,"a":1},{"a":{"x":1,"x":2}},{"a":[{"k":1,"k":1}]},{"a_b":1,"a":{"b":2}},{"a":"good"}]',
  );
  expect(codes(found)).toEqual([1, 2, 3, 4].map((row) => [row, 1, 'json_duplicate_key']));
  expect(copy(found).startsWith('5,1,')).toBe(true);
});

test('row 45: NaN and Infinity are json_invalid in their row alone; 1e400 keeps its text', async () => {
  const found = await report('[{"a":NaN},{"a":-Infinity},{"a":1e400},{"a":01},{"a":1.}]');
  expect(codes(found).map(([row, , code]) => [row, code])).toEqual(
    [1, 2, 4, 5].map((row) => [row, 'json_invalid']),
  );
  expect(copy(found)).toBe('3,1,"1e400"\n');
});

test('row 46: 2^53+1 and 2^64 keep every digit', async () => {
  const found = await report('[{"id":9007199254740993},{"id":18446744073709551616}]');
  expect(copy(found)).toBe('1,1,"9007199254740993"\n2,1,"18446744073709551616"\n');
});

test('row 47: a broken second line of three is refused alone', async () => {
  for (const broken of ['{"a": 2', '{"a" 2}', '{"a":2} x', 'oops', '{"a":"2}', '{"a":[2}']) {
    const found = await report(`{"a":1}\n${broken}\n{"a":3}\n`);
    expect([found.read, copy(found)]).toEqual([3, '1,1,"1"\n3,3,"3"\n']);
    expect(refused(found)).toEqual([
      {
        row: 2,
        line: 2,
        byte_offset: 8,
        byte_length: broken.length,
        codes: ['json_invalid'],
        raw: broken,
        cells: null,
      },
    ]);
  }
});

test('row 47: a broken element of an array is refused alone where the next can be found', async () => {
  const brokens = [
    '{"a": 2 "b": 3}',
    '{"a": nul}',
    '{"a": [1, 2}',
    '{"a": 2}}',
    '{"a": "x}',
    '{"a": 2',
  ];
  for (const broken of brokens) {
    const found = await report(`[\n  {"a":1},\n  ${broken},\n  {"a":3}\n]\n`);
    expect([broken, found.read, copy(found)]).toEqual([broken, 3, '1,2,"1"\n3,4,"3"\n']);
    expect(refused(found).map((r) => [r.row, r.line, r.raw])).toEqual([[2, 3, broken]]);
  }
});

test('where structure is lost, the rest of the file is one refused record', async () => {
  const found = await report('[{"a":1},{"a":"x},{"a":3},{"a":4}');
  expect([found.read, copy(found)]).toEqual([2, '1,1,"1"\n']);
  expect(refused(found)[0]).toMatchObject({ row: 2, byte_offset: 9, byte_length: 24 });
  expect(codes(await report('[{"a":1}'))).toEqual([[2, 1, 'json_invalid']]);
  expect(codes(await report('[{"a":1}]\n[{"a":2}]'))).toEqual([[2, 2, 'json_invalid']]);
  expect(codes(await report('{"d":[{"a":1}]'))).toEqual([[2, 1, 'json_invalid']]);
  expect(codes(await report('{"d":[{"a":1}],}'))).toEqual([[2, 1, 'json_invalid']]);
});

test('elements that are no objects, empty elements and a last comma are json_invalid', async () => {
  expect(codes(await report('[1,{"a":1},"x",null,[{"a":1}],,{"a":2},]'))).toEqual(
    [1, 3, 4, 5, 6, 8].map((row) => [row, 1, 'json_invalid']),
  );
});

test('row 48: lone surrogates and invalid UTF-8 refuse their row alone', async () => {
  const text = '[{"é":"\\ud83d\\ude00"},{"é":"\\ud800"},{"é":"\\udc00x"},{"é":"!"},{"é":"ok"}]';
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf('!')] = 0xff;
  const found = await report(bytes);
  expect(codes(found)).toEqual([2, 3, 4].map((row) => [row, 1, 'encoding_invalid']));
  expect(copy(found)).toBe('1,1,"😀"\n5,1,"ok"\n');
  expect(refused(found)[2]?.raw).toBe('{"é":"\\xFF"}');
});

test('row 25: JSON in Windows-1252 is decoded and said', async () => {
  const found = await report(Buffer.from('[{"a":"Jos\xe9"},{"a":["\x80"]}]', 'latin1'));
  expect(found.warnings.map((warning) => warning.code)).toEqual(['encoding_assumed']);
  expect(copy(found)).toBe('1,1,"José"\n2,1,"[""€""]"\n');
});

test('row 24: JSON in UTF-16 is read', async () => {
  const found = await report(Buffer.from('\ufeff[{"a":"é"}]', 'utf16le'));
  expect(copy(found)).toBe('1,1,"é"\n');
});

test('row 27: escaped control characters refuse their row; tab, LF and CR do not; raw ones break the JSON', async () => {
  const found = await report(
    '[{"a":"\\u0000"},{"a":"\\b"},{"a":"\u007f"},{"a":"\\t\\n\\r\\u000a"},\n{"a":"\u0001"}]',
  );
  expect(codes(found)).toEqual([
    [1, 1, 'control_character'],
    [2, 1, 'control_character'],
    [3, 1, 'control_character'],
    [5, 2, 'json_invalid'],
  ]);
  expect(copy(found)).toBe('4,1,"\t\n\r\n"\n');
  expect(found.dialect.multiline).toBe(true);
});

test('row 30: a record over 16 MB sets the file aside', async () => {
  expect(await reasonOf(`[{"a":"${'x'.repeat(17 << 20)}"}]`)).toBe('record_too_long');
});

test('a file of several chunks is scanned as one, and any record of it is found again', async () => {
  const element = (k: number): string =>
    k % 1000 === 7 ? `{"id": ${k}, "bad": }` : `{"id": ${k}, "name": "é\\"${'x'.repeat(k % 50)}"}`;
  const elements = Array.from({ length: 40_000 }, (_, k) => element(k));
  const found = await report(`[\n${elements.join(',\n')}\n]\n`);
  expect([found.read, found.refused]).toEqual([40_000, 40]);
  expect(copy(found).split('\n')[8192]).toBe(`8202,8203,"8201","é""x"`);
  const rows = [1, 8, 4097, 39_008, 40_000, 40_001];
  const extracted: RefusedRecord[] = [];
  for await (const record of extractRecords(found.plain, rows, await nodeEffects()))
    extracted.push(record);
  expect(extracted.map((r) => [r.row, r.line, r.raw])).toEqual(
    rows.slice(0, -1).map((row) => [row, row + 1, elements[row - 1]]),
  );
  expect(extracted[2]?.cells).toEqual({ id: '4096', name: `é"${'x'.repeat(46)}` });
});

// 300 records, so that the pattern of the first ones is in use; one among them differs.
const among = (odd: string): string => {
  const record = (n: number): string => `{"id": "A${n}", "n": ${n}, "late": ${n % 2 === 0}}`;
  const records = Array.from({ length: 300 }, (_, index) => (index === 150 ? odd : record(index)));
  return `[${records.join(',\n')}]`;
};

test.each([
  ['an escaped quote', '{"id": "a\\"b", "n": 1, "late": true}', '"a""b","1","true"'],
  ['an escaped line feed', '{"id": "a\\nb", "n": 1, "late": true}', '"a\nb","1","true"'],
  ['letters that are not ASCII', '{"id": "Zoë", "n": 1, "late": true}', '"Zoë","1","true"'],
  ['null', '{"id": null, "n": null, "late": null}', ',,'],
  ['an empty text', '{"id": "", "n": -0.50, "late": false}', '"","-0.50","false"'],
  ['an exponent', '{"id": "x", "n": 1E2, "late": true}', '"x","1E2","true"'],
  ['another order', '{"n": 1, "id": "x", "late": true}', '"x","1","true"'],
  ['other white space', '{ "id":"x","n":1,"late":true }', '"x","1","true"'],
  ['a missing member', '{"id": "x", "late": true}', '"x",,"true"'],
  ['an inner object', '{"id": {"a": 1}, "n": 1, "late": true}', ',"1","true","1"'],
  ['an inner array', '{"id": [1, 2], "n": 1, "late": true}', '"[1,2]","1","true"'],
])('a record unlike the others is read as carefully: %s', async (_, odd, cells) => {
  const found = await report(among(odd));
  const text = copy(found);
  expect([found.read, found.refused]).toEqual([300, 0]);
  expect(text).toContain(`\n151,151,${cells}\n`);
  expect(text).toContain('\n152,152,"A151","151","false"');
  expect(text).toContain('\n300,300,"A299","299","false"');
});

test('numbers with exponents at the end of records keep them', async () => {
  const scores = ['1e1', '2e1', '5', '7E-1', '1.5e+1', '-0', '2e1'];
  const rows = scores.map((score, index) => `{"id": "A${index}", "score": ${score}}`);
  const expected = scores.map((score, index) => `${index + 1},${index + 1},"A${index}","${score}"`);
  expect(copy(await report(`[${rows.join(',\n')}]`))).toBe(`${expected.join('\n')}\n`);
  expect(copy(await report(`${rows.join('\n')}\n`))).toBe(`${expected.join('\n')}\n`);
  const pretty = rows.map((row) => row.replace('}', '\n}'));
  const found = await report(`[${pretty.join(',')}]`);
  expect(copy(found).match(/"[^"]*"$/gm)).toEqual(scores.map((score) => `"${score}"`));
});

test.each([
  ['a number with a leading zero', '{"id": "x", "n": 01, "late": true}', 'json_invalid'],
  ['a number without digits', '{"id": "x", "n": -, "late": true}', 'json_invalid'],
  ['half a word', '{"id": "x", "n": 1, "late": tru}', 'json_invalid'],
  ['a line break in a text', '{"id": "x\ny", "n": 1, "late": true}', 'json_invalid'],
  ['a control character', '{"id": "x\u007f", "n": 1, "late": true}', 'control_character'],
  ['a name twice', '{"id": "x", "id": 1, "late": true}', 'json_duplicate_key'],
])('a bad record among regular ones is refused: %s', async (_, odd, code) => {
  const found = await report(among(odd));
  expect([found.read, found.refused]).toEqual([300, 1]);
  expect(codes(found)).toEqual([[151, 151, code]]);
});

test('bytes that are no UTF-8 among regular records are refused', async () => {
  const text = among('{"id": "x?y", "n": 1, "late": true}');
  const bytes = Buffer.from(text);
  bytes[text.indexOf('x?y') + 1] = 0xff;
  const found = await report(bytes, { encoding: 'utf-8' });
  expect(codes(found)).toEqual([[151, 151, 'encoding_invalid']]);
});

test('lines are counted in records over several lines, with a break of either kind between them', async () => {
  const records = Array.from(
    { length: 300 },
    (_, index) => `{\r\n  "id": "A${index}",\n  "n": ${index}\n}`,
  );
  records[200] = '{\n"id": "odd",\n\n\n"n": 01\n}';
  const found = await report(`[\n${records.join(',\n')}\n]`);
  // Four lines a record, from line 2 on.
  expect(copy(found)).toContain('\n200,798,"A199","199"\n');
  expect(codes(found)).toEqual([[201, 802, 'json_invalid']]);
  // The odd one has six.
  expect(copy(found)).toContain('\n202,808,"A201","201"\n');
});
