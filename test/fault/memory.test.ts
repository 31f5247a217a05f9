import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canMount } from './can-mount.ts';
import { type ChildResult, runChild } from './run-child.ts';
import { isSample, tell } from './sampling.ts';
import { deliver, newProject, roster } from './toy-school.ts';
import { canaryIn, describe, reportOf } from './verdict.ts';
import { writeWideFile } from './wide-file.ts';
import { openWorld } from './world.ts';

const hour = 3_600_000;
/** A run of many millions of rows beside others that work on the same machine. */
const longestMs = 420_000;

const attendanceRows = async (dataFolder: string): Promise<number> => {
  const opened = await openWorld(dataFolder);
  const [row] = (await opened?.rows('select count(*) as n from silver.fact_attendance')) ?? [];
  opened?.close();
  return Number(row?.n ?? 0);
};

/** What a run needed: for the long suite's summary. */
const figuresOf = (result: ChildResult): Readonly<Record<string, number | string>> => ({
  code: String(result.code),
  peakMb: result.peakMb,
  seconds: Math.round(result.milliseconds / 100) / 10,
});

it(
  'row 17: a file of 1 GB passes through Node with a heap of 96 MB',
  async () => {
    const project = newProject();
    const students = isSample ? 500 : 14_000;
    deliver(project, { 'students.csv': roster(students) });
    const days = isSample ? 200 : 1250;
    const made = writeWideFile(join(project.dataFolder, 'raw', 'attendance.csv'), students, days);
    if (!isSample) expect(made.bytes).toBeGreaterThan(1e9);
    const result = await runChild(project.path, ['run', '--json'], {
      nodeArgs: ['--max-old-space-size=96'],
      longestMs,
    });
    tell('heap of 96 MB', {
      megabytes: Math.round(made.bytes / 1e6),
      rows: made.rows,
      ...figuresOf(result),
      wrong: result.code === 0 ? 0 : 1,
    });
    expect(describe(result)).toMatch(/^exit 0/);
    expect(await attendanceRows(project.dataFolder)).toBe(made.rows);
    project.close();
  },
  hour,
);

/** The rooms for what the engine spills: none to speak of, and a quota. A sample has 100,000 rows, all have 20 million. */
const spillRooms = isSample
  ? [{ limit: '24MB', room: '64k' }]
  : [
      { limit: '256MB', room: '64k' },
      { limit: '256MB', room: '100m' },
    ];

it.skipIf(!canMount()).each(spillRooms)(
  'row 16: $limit for the engine and $room to spill into: exit 3 names the limit and the setting; with more the run is whole',
  async ({ limit, room }) => {
    const project = newProject();
    const students = isSample ? 500 : 16_000;
    deliver(project, { 'students.csv': roster(students) });
    const days = isSample ? 200 : 1250;
    const made = writeWideFile(join(project.dataFolder, 'raw', 'attendance.csv'), students, days);
    const spill = join(project.dataFolder, 'tmp');
    mkdirSync(spill);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${room}`, 'tmpfs', spill]);
    expect(mounted.status).toBe(0);
    try {
      const result = await runChild(project.path, ['run', '--json', '--memory-limit', limit], {
        longestMs,
      });
      tell(`memory limit ${limit}, ${room} to spill`, { rows: made.rows, ...figuresOf(result) });
      expect(canaryIn(result, 'run')).toEqual([]);
      expect(describe(result)).toMatch(/^exit 3/);
      expect(result.stderr).toContain(`memory limit of ${Number.parseInt(limit, 10)} MB`);
      expect(result.stderr).toContain('--memory-limit');
    } finally {
      spawnSync('umount', ['-l', spill]);
    }
    const again = await runChild(project.path, ['run', '--json'], { longestMs });
    expect(describe(again)).toMatch(/^exit 0/);
    expect(reportOf(again)?.status).toBe('ok');
    expect(await attendanceRows(project.dataFolder)).toBe(made.rows);
    project.close();
  },
  hour,
);
