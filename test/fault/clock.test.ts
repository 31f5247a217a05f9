import { expect, it } from 'vitest';
import { runChild } from './run-child.ts';
import { correction, firstRun } from './scenario.ts';
import { attendanceDay, copyProject, deliver, newProject } from './toy-school.ts';
import { describe } from './verdict.ts';
import { brokenRules, differences, openWorld, sameWorld, world } from './world.ts';

/** Tables without the day of receipt, which a clock may move. */
const isTable = (relation: string): boolean => /^(silver|gold|compat)\./.test(relation);

it.each([
  ['one year back', '2024-03-10T08:00:00.000Z'],
  ['one year forward', '2026-03-10T08:00:00.000Z'],
])(
  'row 10: the clock %s between two runs: order is by run, nothing is there twice',
  async (_what, moment) => {
    const scenario = await correction();
    const copy = copyProject(scenario.project);
    const moved = await runChild(copy.path, ['run', '--json'], { env: { FAULT_NOW: moment } });
    expect(describe(moved)).toMatch(/^exit 0/);
    const wrong = differences(scenario.after, await world(copy.dataFolder));
    expect(wrong.filter(isTable)).toEqual([]);
    expect(await brokenRules(copy.dataFolder)).toEqual([]);
    // Back in its own time a run goes on from there.
    deliver(copy, { 'attendance-0305.csv': attendanceDay('2025-03-05', 3) });
    const back = await runChild(copy.path, ['run', '--json']);
    expect(describe(back)).toMatch(/^exit 0/);
    const opened = await openWorld(copy.dataFolder);
    const [turned] =
      (await opened?.rows(
        'select count(*) as n from silver.dim_student_history where valid_to < valid_from',
      )) ?? [];
    expect(Number(turned?.n)).toBe(0);
    const runs = (await opened?.rows('select run_id from meta.run order by run_id')) ?? [];
    expect(runs.map((row) => Number(row.run_id))).toEqual([1, 2, 3]);
    expect(opened?.manifest).toMatchObject({ run: 3, parent: 2 });
    opened?.close();
    copy.close();
    scenario.close();
  },
);

it('row 10: the clock one year back is told, and no day of receipt lies before the last one', async () => {
  const scenario = await correction();
  const moved = await runChild(scenario.project.path, ['run', '--json'], {
    env: { FAULT_NOW: '2024-03-10T08:00:00.000Z' },
  });
  expect(moved.stdout).toContain('clock_behind');
  expect(sameWorld(await world(scenario.project.dataFolder), scenario.after)).toBe(true);
  scenario.close();
});

it('row 12: the same files make the same world in any time zone of the machine', async () => {
  const scenario = await firstRun();
  for (const zone of ['Pacific/Kiritimati', 'America/St_Johns']) {
    const copy = copyProject(scenario.project);
    const result = await runChild(copy.path, ['run', '--json'], { env: { TZ: zone } });
    expect(describe(result)).toMatch(/^exit 0/);
    expect(differences(scenario.after, await world(copy.dataFolder))).toEqual([]);
    copy.close();
  }
  scenario.close();
});

it('the zone of the project decides the school day, not the zone of the machine', async () => {
  const worlds = await Promise.all(
    ['UTC', 'Pacific/Kiritimati'].map(async (zone) => {
      const project = newProject('timezone: America/New_York\n');
      deliver(project, { 'attendance.csv': attendanceDay('2025-03-05', 3) });
      const result = await runChild(project.path, ['run', '--json'], { env: { TZ: zone } });
      expect(describe(result)).toMatch(/^exit 0/);
      const made = await world(project.dataFolder);
      project.close();
      return made;
    }),
  );
  expect(differences(worlds[0] ?? {}, worlds[1] ?? {})).toEqual([]);
});
