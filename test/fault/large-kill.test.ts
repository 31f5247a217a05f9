import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aroundRename, type FaultPlan } from './fault-plan.ts';
import { runChild } from './run-child.ts';
import { chooseCases, isSample, randomFrom, seed, tell } from './sampling.ts';
import { copyProject, deliver, newProject, roster } from './toy-school.ts';
import { describe, judge } from './verdict.ts';
import { writeWideFile } from './wide-file.ts';
import { emptyWorld, world } from './world.ts';

const hour = 3_600_000;
const longestMs = 420_000;

/** 1,250 school days; FAULT_MILLIONS makes the file smaller where a machine is slow or busy. */
const days = 1250;
const millions = Number(process.env.FAULT_MILLIONS ?? 10);
const students = Math.round((millions * 1_000_000) / days);

const moments = 25;

/** A kill at a moment of the run, from 0 to 1, or at a named point around the rename. */
type Case = { readonly part: number } | { readonly point: string };

const cases: readonly Case[] = [
  ...Array.from({ length: moments }, (_, index) => ({ part: index / moments })),
  ...aroundRename.map((point) => ({ point })),
];

it.skipIf(isSample)(
  'row 2: a run of 10 million rows, killed at 25 moments of it and 5 around the rename',
  async () => {
    const project = newProject();
    deliver(project, { 'students.csv': roster(students) });
    writeWideFile(join(project.dataFolder, 'raw', 'attendance.csv'), students, days);
    const undisturbed = copyProject(project);
    const whole = await runChild(undisturbed.path, ['run', '--json'], { longestMs });
    expect(describe(whole)).toMatch(/^exit 0/);
    const after = await world(undisturbed.dataFolder);
    undisturbed.close();
    const random = randomFrom(seed);
    const figures = { tried: 0, killed: 0, old: 0, new: 0, other: 0, recoveryMs: 0 };
    const wrong: string[] = [];
    for (const one of chooseCases(cases, 1)) {
      const plan: FaultPlan | undefined =
        'point' in one ? { kind: 'kill-point', name: one.point, nth: 1 } : undefined;
      const killAfter =
        'part' in one
          ? Math.round((one.part + random() / moments) * whole.milliseconds)
          : undefined;
      const label = `10 million rows, ${JSON.stringify({ ...one, killAfter })}`;
      const copy = copyProject(project);
      const result = await runChild(copy.path, ['run', '--json'], {
        longestMs,
        ...(plan === undefined ? {} : { plan }),
        ...(killAfter === undefined ? {} : { killAfter }),
      });
      figures.tried += 1;
      if (result.signal === 'SIGKILL') figures.killed += 1;
      const expected = { before: emptyWorld, after, label };
      const verdict = await judge(copy, expected, { next: { longestMs } });
      figures[verdict.left] += 1;
      figures.recoveryMs = Math.max(figures.recoveryMs, verdict.recoveryMs);
      wrong.push(...verdict.wrong);
      copy.close();
    }
    project.close();
    tell(`SIGKILL in a run of ${millions} million rows`, {
      ...figures,
      wrong: wrong.length,
      undisturbedMs: whole.milliseconds,
    });
    expect(wrong).toEqual([]);
    expect(figures.tried).toBeGreaterThan(0);
  },
  hour,
);
