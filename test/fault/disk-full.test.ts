import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount } from './can-mount.ts';
import type { FaultPlan } from './fault-plan.ts';
import { runChild } from './run-child.ts';
import { chooseCases, eachCase, isBroad, isSample, tell } from './sampling.ts';
import { breakCopy, correction, firstRun, type Scenario } from './scenario.ts';
import {
  attendanceDay,
  copyProject,
  deliver,
  type Folder,
  newProject,
  roster,
} from './toy-school.ts';
import { treeState } from './tree-state.ts';
import { canaryIn, judge, describe as told } from './verdict.ts';
import { sameWorld, world } from './world.ts';

const hour = 3_600_000;
const isRoot = process.getuid?.() === 0;
const saysUndone = /nothing was committed|nothing was changed/i;

type Figures = {
  tried: number;
  failed: number;
  harmless: number;
  wrong: string[];
  /** What the disk was left as, with how the run ended: each is judged once. */
  readonly ends: Set<string>;
};
const newFigures = (): Figures => ({
  tried: 0,
  failed: 0,
  harmless: 0,
  wrong: [],
  ends: new Set(),
});

/** A disk that fails: exit 3 with the place, or nothing lost; never a success that is none. */
const failAndJudge = async (
  scenario: Scenario,
  plan: FaultPlan,
  figures: Figures,
): Promise<void> => {
  const label = `${scenario.name}, ${JSON.stringify(plan)}`;
  const { copy, result } = await breakCopy(scenario, plan);
  try {
    figures.tried += 1;
    if (result.code === 0) figures.harmless += 1;
    else if (result.code === 3) figures.failed += 1;
    else figures.wrong.push(`${label}: ${told(result)}`);
    // The program's own files lie in fault-dist, all others in the project.
    const places = [copy.path, 'fault-dist', 'data/'];
    if (result.code === 3 && !places.some((place) => result.stderr.includes(place))) {
      figures.wrong.push(`${label}: no path in: ${result.stderr.trim()}`);
    }
    if (result.stderr.includes('error internal'))
      figures.wrong.push(`${label}: told as a fault of the program`);
    figures.wrong.push(...canaryIn(result, label));
    const end = `${result.code} ${saysUndone.test(result.stderr)} ${treeState(copy.dataFolder)}`;
    if (figures.ends.has(end)) return;
    figures.ends.add(end);
    const isNew = sameWorld(await world(copy.dataFolder), scenario.after);
    if (result.code === 0 && !isNew)
      figures.wrong.push(`${label}: exit 0, and the new rows are not there`);
    if (isNew && saysUndone.test(result.stderr))
      figures.wrong.push(`${label}: it committed and says that it did not`);
    const { before, after } = scenario;
    figures.wrong.push(...(await judge(copy, { before, after, label })).wrong);
  } finally {
    copy.close();
  }
};

const writeCalls = new Set([
  'open.draft',
  'open.append',
  'file.write',
  'file.sync',
  'writeText',
  'rename',
  'link',
  'makeFolder',
  'syncFile',
  'syncFolder',
  'setMode',
  'touch',
]);

describe.each([
  { name: 'first run', prepare: firstRun },
  { name: 'correction', prepare: correction },
])('rows 13 and 14: the disk fails in a $name', ({ name, prepare }) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await prepare();
  });
  afterAll(() => scenario?.close());

  const failAll = async (
    suite: string,
    plans: readonly FaultPlan[],
    step: number,
  ): Promise<void> => {
    const figures = newFigures();
    await eachCase(chooseCases(plans, step), 2, (plan) => failAndJudge(scenario, plan, figures));
    const { tried, failed, harmless, wrong, ends } = figures;
    tell(`${suite}, ${name}`, { tried, failed, harmless, ends: ends.size, wrong: wrong.length });
    expect(wrong).toEqual([]);
    expect(isBroad ? failed : failed + harmless).toBeGreaterThan(0);
  };

  const plansOf = (
    code: 'ENOSPC' | 'EIO' | 'EACCES',
    from: boolean,
    writesOnly: boolean,
  ): readonly FaultPlan[] => {
    const seen = new Set<string>();
    return scenario.calls
      .filter(({ call }) => call !== 'point' && (!writesOnly || writeCalls.has(call)))
      .flatMap(({ call, path }, index): readonly FaultPlan[] => {
        // Of the program's own files (models, contracts) one of a folder stands for all.
        const own = `${call} ${dirname(path)}`;
        if (path.includes('fault-dist') && seen.has(own)) return [];
        seen.add(own);
        return [{ kind: 'error', code, at: index + 1, from, writesOnly }];
      });
  };

  it(
    'no room from any write on: exit 3, the old world; with room the new one',
    () => failAll('ENOSPC from call k on', plansOf('ENOSPC', true, true), 90),
    hour,
  );

  it(
    'no room for one write',
    () => failAll('ENOSPC once', plansOf('ENOSPC', false, true), 90),
    hour,
  );

  it(
    'the device reports an error once, at any call',
    () => failAll('EIO once', plansOf('EIO', false, false), 180),
    hour,
  );

  it(
    'no right from any call on',
    () => failAll('EACCES from call k on', plansOf('EACCES', true, false), 180),
    hour,
  );
});

/** Some megabytes: more than a small disk holds. */
const wideProject = (): Folder => {
  const project = newProject();
  const students = 600;
  deliver(project, { 'students.csv': roster(students) });
  for (let day = 1; day <= 20; day++) {
    const date = `2025-01-${String(day).padStart(2, '0')}`;
    deliver(project, { [`attendance-${date}.csv`]: attendanceDay(date, students) });
  }
  return project;
};

it.skipIf(!canMount())(
  'row 13: a real disk that is full: exit 3, the old world; with room the new one',
  async () => {
    const source = wideProject();
    const undisturbed = copyProject(source);
    expect((await runChild(undisturbed.path, ['run', '--json'])).code).toBe(0);
    const after = await world(undisturbed.dataFolder);
    undisturbed.close();
    const wrong: string[] = [];
    let failed = 0;
    // From room for little more than the raw files to room for all.
    const kilobytes = Array.from({ length: 24 }, (_, index) => 1100 + index * 200);
    const chosen = isSample ? [1500, 2700] : chooseCases(kilobytes, 1);
    for (const size of chosen) {
      const label = `a disk of ${size} KB`;
      const folder = mkdtempSync(join(tmpdir(), 'fault-disk-'));
      expect(
        spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', folder]).status,
      ).toBe(0);
      try {
        const copied = spawnSync('cp', ['-r', `${source.path}/.`, folder]);
        expect(copied.status, `${label} has no room for the raw files`).toBe(0);
        const result = await runChild(folder, ['run', '--json']);
        const dataFolder = join(folder, 'data');
        const isNew = sameWorld(await world(dataFolder), after);
        if (result.code === 3) failed += 1;
        else if (result.code !== 0 || !isNew) wrong.push(`${label}: ${told(result)}`);
        if (result.code === 3 && !/room|full|space/i.test(result.stderr))
          wrong.push(`${label}: it does not say that the disk is full: ${result.stderr.trim()}`);
        wrong.push(...canaryIn(result, label));
        spawnSync('mount', ['-o', 'remount,size=256m', folder]);
        wrong.push(
          ...(await judge({ path: folder, dataFolder }, { before: {}, after, label })).wrong,
        );
      } finally {
        spawnSync('umount', ['-l', folder]);
        rmSync(folder, { recursive: true, force: true });
      }
    }
    source.close();
    tell('a full tmpfs', { tried: chosen.length, failed, wrong: wrong.length });
    expect(wrong).toEqual([]);
    expect(failed).toBeGreaterThan(0);
  },
  hour,
);

it('row 14: a limit on the size of a file (ulimit -f) ends a run without harm', async () => {
  const project = wideProject();
  const undisturbed = copyProject(project);
  await runChild(undisturbed.path, ['run', '--json']);
  const after = await world(undisturbed.dataFolder);
  undisturbed.close();
  // In units of 1,024 bytes: less than the lock file, and less than the largest part.
  for (const limit of [4, 40]) {
    const copy = copyProject(project);
    const limited = await runChild(copy.path, ['run', '--json'], {
      wrapper: ['bash', '-c', `ulimit -f ${limit}; exec "$@"`, 'bash'],
    });
    // Node restores the signal's own action, which ends the process as SIGKILL would.
    const isEnded = limited.code === 3 || limited.signal === 'SIGXFSZ';
    const label = `ulimit -f ${limit}: ${told(limited)}`;
    const verdict = await judge(copy, { before: {}, after, label });
    expect(isEnded || (limited.code === 0 && verdict.left === 'new'), label).toBe(true);
    expect(verdict.wrong).toEqual([]);
    copy.close();
  }
  project.close();
});

it.skipIf(!isRoot)(
  'row 15: a folder without the right to write: exit 3 with the path and the act, before anything is read',
  async () => {
    const scenario = await firstRun();
    for (const folder of ['.', 'data', join('data', 'lake')]) {
      const copy = copyProject(scenario.project);
      spawnSync('mkdir', ['-p', join(copy.path, folder)]);
      spawnSync('chown', ['-R', '65534:65534', copy.path]);
      chmodSync(join(copy.path, folder), 0o555);
      // In a project folder that cannot be written, data must not exist yet for this to matter.
      if (folder === '.') chmodSync(copy.dataFolder, 0o555);
      const result = await runChild(copy.path, ['run', '--json'], { uid: 65534 });
      expect(told(result), folder).toMatch(/^exit 3/);
      expect(result.stderr).toContain(copy.path);
      expect(canaryIn(result, folder)).toEqual([]);
      chmodSync(join(copy.path, folder), 0o755);
      chmodSync(copy.dataFolder, 0o755);
      const again = await runChild(copy.path, ['run', '--json'], { uid: 65534 });
      expect(told(again), folder).toMatch(/^exit 0/);
      expect(sameWorld(await world(copy.dataFolder), scenario.after)).toBe(true);
      copy.close();
    }
    scenario.close();
  },
);
