import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/run/index.ts';
import { studentsCsv } from '../kit/csv.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

// Where a refused row stands: file, record, physical line, bytes, every reason with its column.
let project: SchoolProject;
let report: RunReport;

const attendanceHeader = 'attendance_id,student_id,attendance_date,status,created_at';
const day = '2025-03-03';
const good = (id: string): string => `${id},S1,${day},P,${day}T08:00:00`;
const bad = (id: string): string => `${id},S1,2025-02-30,P,${day}T08:00:00`;
const badScore = (id: string): string =>
  `{"assessment_id":"${id}","student_id":"S1","score":"many","max_score":10,"assessment_date":"${day}"}`;
const goodScore = (id: string): string => badScore(id).replace('"many"', '7');

const noteHeader = `${attendanceHeader},note`;
const files = {
  'students.csv': studentsCsv([['S1', 'C1']]),
  'attendance_bom.csv': `\uFEFF${attendanceHeader}\r\n${good('b1')}\r\n${bad('b2')}\r\n`,
  'attendance_lines.csv': `${noteHeader}\n\n${good('l1')},"two\nlines ""q"""\n   \n${bad('l2')},\n\n${good('l3')},"a\r\nb\r\nc"\n${bad('l4')},x\n`,
  'attendance_many.csv': `${attendanceHeader}\n${good('m1')}\n,,31/02/2025,Q,soon\n,,,,\n`,
  'assessments_array.json': `[\n${goodScore('a1')},\n\n  ${badScore('a2')}\n]\n`,
  'assessments_lines.jsonl': `${goodScore('n1')}\n\n${badScore('n2')}\n${goodScore('n3')}`,
  'assessments_object.json': `{"exported": {"by": "x"},\n "rows": [${goodScore('o1')},\n${badScore('o2')},${badScore('o3')}]}`,
  'attendance_packed.csv.gz': gzipSync(`${attendanceHeader}\n${good('g1')}\n${bad('g2')}\n`),
};

beforeAll(async () => {
  project = await makeProject(files);
  report = await project.run();
});
afterAll(() => project[Symbol.asyncDispose]());

const refused = (file: string) =>
  project.rows(
    `select row, line, byte_offset as at, byte_length as bytes, stage, raw_record as raw,
       list_sort(list_transform(reasons, lambda r: r.code || ' ' || coalesce(r."column", '-'))) as why
     from quarantine.record where file = 'data/raw/${file}' order by row`,
  );

const counts = (file: string) => report.files.find((one) => one.path === `data/raw/${file}`);

describe('a refused row is told with its place', () => {
  it('every file balances and the run is ok', () => {
    expect(report.status).toBe('ok');
    for (const file of report.files) {
      const { loaded, duplicate, superseded, blank, quarantined } = file;
      expect([file.path, loaded + duplicate + superseded + blank + quarantined]).toEqual([
        file.path,
        file.read,
      ]);
    }
  });

  it('a byte order mark and CRLF move no line, and the offset counts bytes of the file', async () => {
    const start = 3 + attendanceHeader.length + 2 + good('b1').length + 2;
    expect(await refused('attendance_bom.csv')).toEqual([
      {
        row: 2,
        line: 3,
        at: start,
        bytes: bad('b2').length,
        stage: 'type',
        raw: bad('b2'),
        why: ['date_invalid attendance_date'],
      },
    ]);
    expect(counts('attendance_bom.csv')).toMatchObject({ read: 2, loaded: 1, quarantined: 1 });
  });

  it('quoted line ends and empty lines move the line but not the row', async () => {
    const found = await refused('attendance_lines.csv');
    expect(found).toMatchObject([
      { row: 2, line: 6, raw: `${bad('l2')},`, why: ['date_invalid attendance_date'] },
      { row: 4, line: 11, raw: `${bad('l4')},x`, why: ['date_invalid attendance_date'] },
    ]);
    expect(counts('attendance_lines.csv')).toMatchObject({ read: 4, loaded: 2, quarantined: 2 });
    expect(
      await project.rows(
        `select attendance_id, _source_row as row, _source_line as line from bronze.attendance where _source_file like '%lines.csv' order by row`,
      ),
    ).toEqual([
      { attendance_id: 'l1', row: 1, line: 3 },
      { attendance_id: 'l3', row: 3, line: 8 },
    ]);
  });

  it('all reasons of a row are listed, and a record without any value is blank', async () => {
    expect(await refused('attendance_many.csv')).toMatchObject([
      {
        row: 2,
        line: 3,
        why: [
          'date_invalid attendance_date',
          'key_missing attendance_id',
          'key_missing student_id',
          'status_unknown status',
          'timestamp_invalid created_at',
        ],
      },
    ]);
    expect(counts('attendance_many.csv')).toMatchObject({
      read: 3,
      loaded: 1,
      blank: 1,
      quarantined: 1,
    });
  });

  it('an element of a JSON array stands at the line where it begins', async () => {
    expect(await refused('assessments_array.json')).toMatchObject([
      { row: 2, line: 4, raw: badScore('a2'), why: ['number_invalid score'] },
    ]);
  });

  it('JSON lines count empty lines, and the last needs no line end', async () => {
    expect(await refused('assessments_lines.jsonl')).toMatchObject([
      { row: 2, line: 3, raw: badScore('n2'), why: ['number_invalid score'] },
    ]);
    expect(counts('assessments_lines.jsonl')).toMatchObject({ read: 3, loaded: 2, quarantined: 1 });
  });

  it('an object that holds one array gives its elements', async () => {
    expect(await refused('assessments_object.json')).toMatchObject([
      { row: 2, line: 3, raw: badScore('o2') },
      { row: 3, line: 3, raw: badScore('o3') },
    ]);
    expect(counts('assessments_object.json')).toMatchObject({ read: 3, loaded: 1, quarantined: 2 });
  });

  it('in a packed file the offset counts unpacked bytes', async () => {
    expect(await refused('attendance_packed.csv.gz')).toMatchObject([
      { row: 2, line: 3, at: attendanceHeader.length + 1 + good('g1').length + 1, raw: bad('g2') },
    ]);
  });

  it('nothing stays in the temp folder', async () => {
    expect(await project.effects.fs.list(`${project.folder}/data/tmp`)).toEqual([]);
  });
});
