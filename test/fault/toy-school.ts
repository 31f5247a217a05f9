import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands in every name and raw record: it may be in no output, log or message. */
export const canary = 'Zanzibarine';

type Files = Readonly<Record<string, string>>;

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;

const studentHead =
  'student_id,student_name,class_id,grade_level,enrollment_status,date_of_birth,updated_at';
const attendanceHead = 'attendance_id,student_id,attendance_date,status,created_at';

const assessment = (id: string, student: string, score: number, day: string): string =>
  JSON.stringify({
    assessment_id: id,
    student_id: student,
    subject: 'Math',
    assessment_type: 'quiz',
    score,
    max_score: 10,
    assessment_date: day,
    created_at: `${day}T10:00:00Z`,
  });

/** The first delivery: three feeds, each with a row that must be refused; a repeat; an orphan. */
const first: Files = {
  'students.csv': lines(
    studentHead,
    `S1,${canary} Anna,CLASS-01,5,active,2014-01-02,2025-01-01T08:00:00Z`,
    `S2,${canary} Ben,CLASS-01,5,active,2014-02-03,2025-01-01T08:00:00Z`,
    `S3,${canary} Cem,CLASS-02,6,active,2013-03-04,2025-01-01T08:00:00Z`,
    `,${canary} Nobody,CLASS-02,6,active,2013-03-04,2025-01-01T08:00:00Z`,
  ),
  'attendance.csv': lines(
    attendanceHead,
    'A1,S1,2025-02-03,present,2025-02-03T09:00:00Z',
    'A2,S2,2025-02-03,absent,2025-02-03T09:00:00Z',
    'A3,S3,2025-02-03,late,2025-02-03T09:00:00Z',
    'A4,S1,2025-03-03,present,2025-03-03T09:00:00Z',
    'A5,S2,2025-03-03,present,2025-03-03T09:00:00Z',
    `A6,S3,31/31/${canary},present,2025-03-03T09:00:00Z`,
    'A7,S9,2025-03-03,present,2025-03-03T09:00:00Z',
    'A5,S2,2025-03-03,present,2025-03-03T09:00:00Z',
  ),
  'assessments.json': `[${[
    assessment('E1', 'S1', 8, '2025-02-03'),
    assessment('E2', 'S2', -3, '2025-02-03'),
    assessment('E3', 'S3', 7, '2025-03-03'),
  ].join(',\n')}]\n`,
};

/** The second: a correction of an old month, a new day, a class change, the orphan's student. */
const second: Files = {
  'attendance.csv': lines(
    attendanceHead,
    'A1,S1,2025-02-03,absent,2025-02-03T09:00:00Z',
    'A2,S2,2025-02-03,absent,2025-02-03T09:00:00Z',
    'A3,S3,2025-02-03,late,2025-02-03T09:00:00Z',
    'A4,S1,2025-03-03,present,2025-03-03T09:00:00Z',
    'A5,S2,2025-03-03,present,2025-03-03T09:00:00Z',
    'A6,S3,2025-03-03,present,2025-03-03T09:00:00Z',
    'A7,S9,2025-03-03,present,2025-03-03T09:00:00Z',
  ),
  'attendance-0304.csv': lines(
    attendanceHead,
    'A8,S1,2025-03-04,late,2025-03-04T09:00:00Z',
    'A9,S2,2025-03-04,present,2025-03-04T09:00:00Z',
    'A2,S2,2025-02-03,excused,2025-03-04T09:00:00Z',
  ),
  'students-march.csv': lines(
    studentHead,
    `S2,${canary} Ben,CLASS-02,5,active,2014-02-03,2025-03-04T08:00:00Z`,
    `S9,${canary} Dee,CLASS-01,5,active,2014-05-06,2025-03-04T08:00:00Z`,
  ),
};

export const deliveries: readonly Files[] = [first, second];

/** A folder that is gone when `close` is called. */
export type Folder = {
  readonly path: string;
  readonly dataFolder: string;
  readonly close: () => void;
};

const folderOf = (path: string): Folder => ({
  path,
  dataFolder: join(path, 'data'),
  close: () => rmSync(path, { recursive: true, force: true }),
});

/** An empty project. FAULT_TMP: where projects lie (default: the system's temp folder). */
export const newProject = (config = 'timezone: UTC\n'): Folder => {
  const path = mkdtempSync(join(process.env.FAULT_TMP ?? tmpdir(), 'fault-'));
  mkdirSync(join(path, 'data', 'raw'), { recursive: true });
  writeFileSync(join(path, 'schoolhouse.yaml'), config);
  return folderOf(path);
};

export const deliver = (project: Pick<Folder, 'dataFolder'>, files: Files): void => {
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(project.dataFolder, 'raw', file), content);
  }
};

/** A copy of a project as it lies there. */
export const copyProject = (project: Pick<Folder, 'path'>): Folder => {
  const path = mkdtempSync(join(process.env.FAULT_TMP ?? tmpdir(), 'fault-'));
  cpSync(project.path, path, { recursive: true, preserveTimestamps: true });
  return folderOf(path);
};

/** A day of attendance for students s1 … sn of a bigger school, without defects. */
export const attendanceDay = (day: string, students: number): string =>
  lines(
    attendanceHead,
    ...Array.from(
      { length: students },
      (_, index) =>
        `D${day}-${index + 1},S${index + 1},${day},${index % 7 === 0 ? 'absent' : 'present'},${day}T09:00:00Z`,
    ),
  );

/** A roster of n students in classes of 25. */
export const roster = (students: number): string =>
  lines(
    studentHead,
    ...Array.from(
      { length: students },
      (_, index) =>
        `S${index + 1},${canary} ${index + 1},CLASS-${Math.floor(index / 25)},5,active,2014-01-02,2025-01-01T08:00:00Z`,
    ),
  );
