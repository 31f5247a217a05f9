import { appendFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Effects } from '../../src/base/index.ts';
import { runProject } from '../../src/run/index.ts';
import { attendanceCsv } from '../kit/csv.ts';
import { makeProject, packageFolder, type SchoolProject } from '../kit/school-project.ts';

const text = attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]);

/** Files as they are, but something happens to a path just before it is opened, or just after the first read. */
const meddle = (
  effects: Effects,
  name: string,
  when: {
    readonly before?: (path: string) => Promise<void>;
    readonly after?: (path: string) => Promise<void>;
  },
): Effects => ({
  ...effects,
  fs: {
    ...effects.fs,
    open: async (path, mode) => {
      const isIt = path.endsWith(name) && mode === 'read';
      if (isIt) await when.before?.(path);
      const file = await effects.fs.open(path, mode);
      if (!isIt) return file;
      let isFirst = true;
      return {
        ...file,
        read: async (buffer, position) => {
          const got = await file.read(buffer, position);
          if (isFirst) await when.after?.(path);
          isFirst = false;
          return got;
        },
      };
    },
  },
});

const runWith = async (project: SchoolProject, effects: Effects) => {
  const result = await runProject(
    { projectFolder: project.folder, packageFolder, version: '0.0.0', threads: 1 },
    effects,
  );
  if (result.kind === 'problems') throw result.problems[0];
  return result.value;
};

describe('files that change while they are read', () => {
  it('21: a file that grows is waiting, and the next run takes it whole', async () => {
    await using project = await makeProject({
      'attendance.csv': text,
      'attendance_2.csv': text.replace('a1', 'b1'),
    });
    const more = 'a2,S2,2025-03-03,A,2025-03-03T15:00:00\n';
    const growing = meddle(project.effects, '/raw/attendance.csv', {
      after: (path) => appendFile(path, more),
    });
    const first = await runWith(project, growing);
    expect(first.files.map(({ path, status }) => [path, status])).toEqual([
      ['data/raw/attendance.csv', 'waiting'],
      ['data/raw/attendance_2.csv', 'loaded'],
    ]);
    expect(first.status).toBe('ok');
    const second = await project.run();
    expect(second.files[0]).toMatchObject({ status: 'loaded', read: 2, loaded: 2 });
  });

  it('22: a file that goes away between listing and opening is file_gone', async () => {
    await using project = await makeProject({ 'attendance.csv': text });
    await project.drop('attendance_2.csv', text.replace('a1', 'b1'));
    const going = meddle(project.effects, '/raw/attendance.csv', { before: unlink });
    const report = await runWith(project, going);
    expect(report.status).toBe('data');
    expect(report.files.map(({ path, status, reason }) => [path, status, reason])).toEqual([
      ['data/raw/attendance.csv', 'set_aside', 'file_gone'],
      ['data/raw/attendance_2.csv', 'loaded', undefined],
    ]);
    expect(await project.effects.fs.list(join(project.folder, 'data/tmp'))).toEqual([]);
  });
});
