import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeEffects } from '../../src/base/index.ts';
import { generateNextDay, generateSchool } from '../../src/generate/index.ts';
import { aroundRename, type FaultPlan } from './fault-plan.ts';
import { runChild } from './run-child.ts';
import { isSample, randomFrom, seed, tell, times } from './sampling.ts';
import { copyProject, type Folder, newProject } from './toy-school.ts';
import { describe, judge } from './verdict.ts';
import { emptyWorld, type World, world } from './world.ts';

const hour = 3_600_000;

/** A school big enough that kills fall into the engine's own work. FAULT_STUDENTS and FAULT_DAYS make it bigger. */
const school = {
  seed: 7,
  students: Number(process.env.FAULT_STUDENTS ?? (isSample ? 200 : 1500)),
  days: Number(process.env.FAULT_DAYS ?? (isSample ? 30 : 100)),
};

// All generated days are past by then.
const env = { FAULT_NOW: '2026-06-01T08:00:00.000Z' };

type Case = { readonly label: string; readonly killAfter?: number; readonly plan?: FaultPlan };

const killSchool = async (
  name: string,
  project: Folder,
  before: World,
): Promise<{ readonly after: World }> => {
  const undisturbed = copyProject(project);
  const whole = await runChild(undisturbed.path, ['run', '--json'], { env });
  expect(describe(whole)).toMatch(/^exit 0/);
  const after = await world(undisturbed.dataFolder);
  undisturbed.close();
  const random = randomFrom(seed);
  const cases: readonly Case[] = [
    ...Array.from({ length: times(3, 20) }, () => {
      const killAfter = Math.round(random() * whole.milliseconds);
      return { label: `SIGKILL after ${killAfter} ms of ${whole.milliseconds}`, killAfter };
    }),
    ...aroundRename.slice(0, isSample ? 1 : aroundRename.length).map((point) => ({
      label: `SIGKILL at ${point}`,
      plan: { kind: 'kill-point', name: point, nth: 1 } as const,
    })),
  ];
  const figures = { killed: 0, old: 0, new: 0, other: 0 };
  const wrong: string[] = [];
  let recoveryMs = 0;
  for (const { label, ...how } of cases) {
    const copy = copyProject(project);
    const { signal } = await runChild(copy.path, ['run', '--json'], { ...how, env });
    if (signal === 'SIGKILL') figures.killed += 1;
    const verdict = await judge(
      copy,
      { before, after, label: `${name}, ${label}` },
      { next: { env } },
    );
    figures[verdict.left] += 1;
    recoveryMs = Math.max(recoveryMs, verdict.recoveryMs);
    wrong.push(...verdict.wrong);
    copy.close();
  }
  tell(`SIGKILL at random moments, ${name}`, {
    tried: cases.length,
    ...figures,
    wrong: wrong.length,
    undisturbedMs: whole.milliseconds,
    recoveryMs,
    seed,
  });
  expect(wrong).toEqual([]);
  expect(figures.killed).toBeGreaterThan(0);
  return { after };
};

it(
  'row 2: a generated school, killed at random moments of its first run and of its next day',
  async () => {
    const effects = await nodeEffects();
    const project = newProject();
    const folder = join(project.dataFolder, 'raw');
    await generateSchool({ ...school, folder }, effects);
    const { after } = await killSchool('first run', project, emptyWorld);
    expect((await runChild(project.path, ['run', '--json'], { env })).code).toBe(0);
    await generateNextDay({ ...school, folder, corrections: 30 }, effects);
    await killSchool('next day with corrections', project, after);
    project.close();
  },
  hour,
);
