import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runChild } from './run-child.ts';
import { isSample, tell } from './sampling.ts';
import { attendanceDay, deliver, newProject, roster } from './toy-school.ts';
import { canaryIn, describe, reportOf } from './verdict.ts';
import { openWorld } from './world.ts';

const hour = 3_600_000;

/** Attendance of many days in one file, written day by day; returns its rows and bytes. */
const writeWideFile = (
  path: string,
  students: number,
  days: number,
): { rows: number; bytes: number } => {
  const file = openSync(path, 'w');
  let bytes = 0;
  for (let day = 0; day < days; day++) {
    const date = new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10);
    const text = attendanceDay(date, students);
    bytes += writeSync(file, day === 0 ? text : text.slice(text.indexOf('\n') + 1));
  }
  closeSync(file);
  return { rows: students * days, bytes };
};

const attendanceRows = async (dataFolder: string): Promise<number> => {
  const opened = await openWorld(dataFolder);
  const [row] = (await opened?.rows('select count(*) as n from silver.fact_attendance')) ?? [];
  opened?.close();
  return Number(row?.n ?? 0);
};

it(
  'a file of 300 MB passes through Node with a heap of 96 MB',
  async () => {
    const project = newProject();
    const students = isSample ? 500 : 4000;
    deliver(project, { 'students.csv': roster(students) });
    const days = isSample ? 200 : 1250;
    const made = writeWideFile(join(project.dataFolder, 'raw', 'attendance.csv'), students, days);
    const result = await runChild(project.path, ['run', '--json'], {
      nodeArgs: ['--max-old-space-size=96'],
    });
    tell('heap of 96 MB', {
      megabytes: Math.round(made.bytes / 1e6),
      rows: made.rows,
      peakMb: result.peakMb,
      seconds: Math.round(result.milliseconds / 100) / 10,
      wrong: result.code === 0 ? 0 : 1,
    });
    expect(describe(result)).toMatch(/^exit 0/);
    expect(await attendanceRows(project.dataFolder)).toBe(made.rows);
    project.close();
  },
  hour,
);

it(
  '256 MB for the engine: the run is whole, or exit 3 names the limit and the setting',
  async () => {
    const project = newProject();
    const students = isSample ? 500 : 4000;
    deliver(project, { 'students.csv': roster(students) });
    const made = writeWideFile(
      join(project.dataFolder, 'raw', 'attendance.csv'),
      students,
      isSample ? 200 : 500,
    );
    const limit = isSample ? '64MB' : '256MB';
    const result = await runChild(project.path, ['run', '--json', '--memory-limit', limit]);
    expect(canaryIn(result, 'run')).toEqual([]);
    tell(`memory limit ${limit}`, {
      rows: made.rows,
      code: String(result.code),
      peakMb: result.peakMb,
      seconds: Math.round(result.milliseconds / 100) / 10,
      wrong: result.code === 0 || result.code === 3 ? 0 : 1,
    });
    if (result.code === 0) expect(await attendanceRows(project.dataFolder)).toBe(made.rows);
    else {
      expect(describe(result)).toMatch(/^exit 3/);
      expect(result.stderr).toMatch(/memory/i);
      expect(result.stderr).toContain('memory-limit');
    }
    const again = await runChild(project.path, ['run', '--json']);
    expect(describe(again)).toMatch(/^exit 0/);
    expect(reportOf(again)?.status).toMatch(/^(ok|nothing)$/);
    expect(await attendanceRows(project.dataFolder)).toBe(made.rows);
    project.close();
  },
  hour,
);
