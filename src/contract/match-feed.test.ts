import { beforeAll, expect, test } from 'vitest';
import type { Contract } from './contract.ts';
import { type FeedMatch, matchFeed } from './match-feed.ts';
import { readProjectConfig } from './project-config.ts';
import { readContracts } from './read-contracts.ts';
import { builtInFolder, toyProject } from './toy-project.ts';

const read = async (yaml: string): Promise<readonly Contract[]> => {
  await using project = await toyProject({ 'schoolhouse.yaml': yaml });
  const config = await readProjectConfig(project.folder, project.effects);
  if (config.kind === 'problems') throw config.problems[0];
  const contracts = await readContracts(
    { builtInFolder, projectFolder: project.folder, config: config.value },
    project.effects,
  );
  if (contracts.kind === 'problems') throw contracts.problems[0];
  return contracts.value;
};

let builtIn: readonly Contract[] = [];
beforeAll(async () => {
  builtIn = await read('');
});

const match = (name: string, header: string, contracts = builtIn): FeedMatch =>
  matchFeed(contracts, `data/raw/${name}`, header.split(','));

const feedOf = (name: string, header: string, contracts = builtIn): string => {
  const found = match(name, header, contracts);
  return found.kind === 'matched' ? found.contract.feed : found.reason;
};

const why = (name: string, header: string, contracts = builtIn): string => {
  const found = match(name, header, contracts);
  if (found.kind === 'matched') throw new Error(`matched ${found.contract.feed}`);
  return `${found.reason}: ${found.problem.message} ${found.problem.hint}`;
};

const attendanceHeader = 'attendance_id,student_id,attendance_date,status,created_at';
const assessmentHeader =
  'assessment_id,student_id,subject,score,max_score,assessment_date,created_at';

test.each([
  [
    'students.csv',
    'student_id,student_name,class_id,grade_level,enrollment_status,updated_at',
    'students',
  ],
  [
    'Students_20250601.csv.gz',
    'Student_ID,Full_Name,Date_of_Birth,Grade_Level,Emergency_Contact',
    'students',
  ],
  ['students.csv', 'student_id,name,email,enrollment_date', 'students'],
  ['students.csv', 'id,Name,Class', 'students'],
  ['students.csv', 'student_id', 'students'],
  ['attendance.csv', attendanceHeader, 'attendance'],
  ['attendance_20250601.csv', 'Roll No,Date,Attendance_Status', 'attendance'],
  ['attendance.csv', 'Student_ID,Date,Subject,Attendance_Status', 'attendance'],
  ['attendance.csv', 'date,student_id,student_name,class,grade,status', 'attendance'],
  ['student_attendance.csv', attendanceHeader, 'attendance'],
  [
    'students_attendance.csv',
    'date,student_id,student_name,class,grade,email,status',
    'attendance',
  ],
  ['assessments.json', assessmentHeader, 'assessments'],
  ['my_Assessments.csv', 'StudentId,Subject,Exam_Score,Exam date', 'assessments'],
  ['assessments.csv', 'student_id,name,class,date,status,subject,score', 'assessments'],
])('%s with %s is of the feed %s', (name, header, feed) => {
  expect(feedOf(name, header)).toBe(feed);
});

test.each([
  ['students.csv', attendanceHeader],
  ['students.csv', 'student_id,date,status'],
  ['students.csv', 'student_id,name,date,status'],
  ['students.csv', 'attendance_id,student_id,name,class,grade,email,date,status'],
  ['students.csv', assessmentHeader],
  ['attendance.csv', assessmentHeader],
  ['attendance.csv', 'student_id,subject,score,date'],
  ['assessments.csv', attendanceHeader],
  ['assessments.csv', 'student_id,date,status'],
])(
  'row 42: under the name %s the header %s disagrees, and the file is set aside',
  (name, header) => {
    expect(feedOf(name, header)).toBe('feed_unmatched');
  },
);

test('the sentence says whose header it rather is', () => {
  expect(why('students.csv', attendanceHeader)).toBe(
    'feed_unmatched: Its name fits the feed students, but its header is rather that of attendance. Rename the file, or name it in schoolhouse.yaml: feeds.attendance.files.',
  );
});

test('a name that fits no feed is set aside, with the feeds that the header would fit', () => {
  expect(why('export.csv', 'attendance_id,student_id,attendance_date,status')).toMatch(
    /^feed_unmatched: No feed .* By its header it may be .*attendance/,
  );
  expect(why('export.csv', 'a,b')).toContain('feeds.<feed>.files');
});

test('row 33: a file without its key is set aside, with the closest header', () => {
  expect(why('attendance.csv', 'attendance_id,Studnt_ID,attendance_date,status')).toBe(
    'key_column_missing: No header is student_id, by which a row of the feed attendance is known. Closest header in schoolhouse.yaml: feeds.attendance.columns: { student_id: Studnt_ID }. If the file has no header line, give it one.',
  );
  expect(why('attendance.csv', 'student_id,status')).toMatch(/No header is attendance_date,/);
  expect(feedOf('students.csv', 'Name,Class,Grade')).toBe('key_column_missing');
  expect(feedOf('assessments.csv', 'assessment_id,score')).toBe('key_column_missing');
});

test('an id alone is enough where the row has one, the natural key where it has not', () => {
  expect(feedOf('attendance.csv', 'attendance_id,student_id,status')).toBe('attendance');
  expect(feedOf('attendance.csv', 'student_id,attendance_date')).toBe('attendance');
});

test('a header of which only the student is known is no assessment', () => {
  expect(feedOf('assessments.csv', 'student_id,a,b')).toBe('feed_unmatched');
});

test('required columns that the file lacks are told, and the file loads', () => {
  const found = match('students.csv', 'student_id,name');
  expect(found.kind === 'matched' && found.missingRequired).toEqual(['class_id']);
  const noId = match('attendance.csv', 'student_id,attendance_date,status');
  expect(noId.kind === 'matched' && noId.missingRequired).toEqual([]);
});

test('row 31: two headers of one column set the file aside and both positions are told', () => {
  expect(why('students.csv', 'ID,name,id')).toContain('student_id at 1 and 3');
  expect(why('attendance.csv', 'student_id,date,status,Status')).toContain('status at 3 and 4');
});

test('of several feeds with one pattern the header decides, and a tie is nobody’s', async () => {
  const both = await read(`
feeds:
  visits: { files: x*, key: visit_id, columns: { visit_id: V, room: Room } }
  talks: { files: x*, key: visit_id, columns: { visit_id: V, teacher: Teacher } }
`);
  expect(feedOf('x.csv', 'V,Teacher', both)).toBe('talks');
  expect(why('x.csv', 'V', both)).toContain('fit several feeds equally: talks, visits');
});

test('a file inside an archive is known by its own name, else by that of the archive', () => {
  expect(feedOf('students.zip/attendance.csv', attendanceHeader)).toBe('attendance');
  expect(feedOf('attendance_20250601.zip/export.csv', attendanceHeader)).toBe('attendance');
  const found = match('attendance_20250601.zip/export.csv', attendanceHeader);
  expect(found.batchDate).toBe('2025-06-01');
});

test('files and headers that schoolhouse.yaml names are taken', async () => {
  const contracts = await read(`
feeds:
  attendance:
    files: raw/export_*.csv
    columns: { student_id: Number, attendance_date: Tag, status: Stand }
`);
  expect(feedOf('export_1.csv', 'Number,Tag,Stand', contracts)).toBe('attendance');
  expect(feedOf('attendance.csv', 'Number,Tag,Stand', contracts)).toBe('feed_unmatched');
});

test('no cell of a file without a header gets into a message', () => {
  const line = 'Amara Okafor,CLASS-01,Student_99,studentid@example.org';
  for (const name of ['students.csv', 'attendance.csv', 'assessments.csv', 'x.csv']) {
    const said = why(name, line);
    expect(said).not.toMatch(/Amara|CLASS|99|example/);
  }
});
