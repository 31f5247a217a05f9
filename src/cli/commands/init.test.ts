import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeEffects } from '../../base/index.ts';
import { readProjectConfig } from '../../contract/index.ts';
import { createOutput } from '../output.ts';
import { run as init } from './init.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schoolhouse-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), text);
};

const call = async (): Promise<{ data: string; said: string }> => {
  const data: string[] = [];
  const said: string[] = [];
  const output = createOutput({ json: false, quiet: true, noColor: true });
  const code = await init({
    args: [],
    options: {},
    output: {
      ...output,
      data: async (text) => void data.push(text),
      talk: (text) => void said.push(text),
    },
    projectFolder: folder,
    effects: await nodeEffects(),
    signal: new AbortController().signal,
    packageFolder: join(import.meta.dirname, '..', '..', '..'),
    version: '0.0.0',
  });
  expect(code).toBe(0);
  return { data: data.join('\n'), said: said.join('\n') };
};

const config = (): Promise<string> => readFile(join(folder, 'schoolhouse.yaml'), 'utf8');

/** Takes the remark signs away from what was proposed, as its reader would. */
const takeProposals = async (): Promise<string> => {
  const [top = ''] = (await config()).split('# Definitions');
  const taken = top.replaceAll(/^# (feeds:| {2}.*)$/gm, '$1');
  await writeFile(join(folder, 'schoolhouse.yaml'), taken);
  return taken;
};

describe('init', () => {
  it('makes a drop zone and a configuration that compiles', async () => {
    const { said } = await call();
    expect(said).toContain('made data/raw, schoolhouse.yaml');
    expect((await readdir(folder)).sort()).toEqual(['data', 'schoolhouse.yaml']);
    expect(await readFile(join(folder, 'data', '.gitignore'), 'utf8')).toBe('*\n!.gitignore\n');
    expect((await readProjectConfig(folder, await nodeEffects())).kind).toBe('ok');
  });

  it('shows which header fills which column, what nobody takes, and three records', async () => {
    await put(
      'data/raw/students.csv',
      'Student_ID,Full_Name,Class,Room\n1,Ana,CLASS-01,9\n2,Bo,CLASS-01,9\n3,Cy,CLASS-02,9\n4,Di,CLASS-02,9\n',
    );
    const { data } = await call();
    expect(data).toContain('data/raw/students.csv  students, 4 rows, 3 of 4 columns taken');
    expect(data).toContain('Student_ID → student_id');
    expect(data).toContain('Room → no column');
    expect(data).toContain('Cy');
    expect(data).not.toContain('Di');
  });

  it('proposes, as remarks, the feed and the key of a file that fits none', async () => {
    await put('data/raw/roster.csv', 'Pupil No,Full Name,Class,Grade,Status\n7,Ana,C1,3,active\n');
    const { data } = await call();
    expect(data).toContain('its header fits students best');
    expect(data).toContain('student_id is missing; closest header: Pupil No');
    const text = await config();
    expect(text).toContain('#     files: ["students*", "raw/roster.csv"]');
    expect(text).toContain('#       student_id: "Pupil No"');
    await takeProposals();
    const again = await call();
    expect(again.data).toContain('data/raw/roster.csv  students, 1 row, 5 of 5 columns taken');
  });

  it('names files that lie beside data/raw, and writes no cell into the configuration', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i},Canary,CLASS-${i % 9}`).join('\n');
    await put('students.csv', `student_id,student_name,class_id\n${rows}\n`);
    await call();
    const text = await config();
    expect(text).toContain('local: [data/raw, "students.csv"]');
    expect(text).toContain('class_id: { pattern: "^[A-Z]+-\\\\d+$" }');
    expect(text).not.toContain('Canary');
  });

  it('tries the types of the records, and names the format that would read them', async () => {
    const rows = '1,03/02/2025,present\n2,28/02/2025,late\n';
    await put('data/raw/attendance.csv', `student_id,Date,status\n${rows}`);
    const { data, said } = await call();
    expect(data).toContain('attendance_date: all the first 2 rows would be refused, date_invalid');
    expect(data).toContain('they look like dd/MM/yyyy');
    expect(said).toContain('Look at the proposals for schoolhouse.yaml');
    expect(await takeProposals()).toContain(
      'attendance_date: { header: "Date", format: "dd/MM/yyyy" }',
    );
    const again = await call();
    expect(again.data).toContain('attendance, 2 rows, 3 of 3 columns taken');
    expect(again.data).not.toContain('refused');
    expect(again.said).toContain('Type next: schoolhouse run');
  });

  it('lists the headers that nobody takes, and proposes the one that holds what is missing', async () => {
    const rows = '1,03/02/2025,absent,ill\n2,28/02/2025,late,bus\n';
    await put('data/raw/attendance.csv', `student_id,Absence Day,status,Why\n${rows}`);
    const { data } = await call();
    expect(data).toContain('fits no feed yet');
    expect(data).not.toContain('set aside');
    expect(data).toContain('Absence Day → no column');
    expect(data).toContain('Why → no column');
    expect(data).toContain('attendance_date is missing');
    expect(data).not.toContain('attendance_id is missing');
    expect(await takeProposals()).toContain(
      'attendance_date: { header: "Absence Day", format: "dd/MM/yyyy" }',
    );
    expect((await call()).data).toContain('attendance, 2 rows, 3 of 4 columns taken');
  });

  it('prints the proposals where schoolhouse.yaml was there before', async () => {
    await put('schoolhouse.yaml', 'name: mine\n');
    await put('data/raw/Pupils_2025.csv', 'student_id,student_name,class_id\n1,Ana,C1\n');
    const { said } = await call();
    expect(said).toContain('feeds:\n  students:\n');
    expect(said).toContain('files: ["students*", "raw/Pupils_*.csv"]');
    expect(await config()).toBe('name: mine\n');
  });

  it('never overwrites', async () => {
    await put('schoolhouse.yaml', 'name: mine\n');
    await mkdir(join(folder, 'data', 'raw'), { recursive: true });
    await put('data/.gitignore', '/lake\n');
    const { said } = await call();
    expect(said).toContain('nothing was changed');
    expect(await config()).toBe('name: mine\n');
    expect(await readFile(join(folder, 'data', '.gitignore'), 'utf8')).toBe('/lake\n');
  });
});
