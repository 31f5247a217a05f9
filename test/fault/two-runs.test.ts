import { expect, it } from 'vitest';
import { nodeEffects } from '../../src/base/index.ts';
import { runProject } from '../../src/run/index.ts';
import { packageFolder } from './fault-build.ts';
import { runChild } from './run-child.ts';
import { eachCase, tell, times } from './sampling.ts';
import { firstRun } from './scenario.ts';
import { copyProject, deliver, deliveries, newProject } from './toy-school.ts';
import { canaryIn, describe, judge } from './verdict.ts';
import { sameWorld, world } from './world.ts';

it('row 5: of two runs at once one works, the other ends with 4 and names the holder', async () => {
  const scenario = await firstRun();
  const wrong: string[] = [];
  const rounds = times(2, 20);
  await eachCase(
    Array.from({ length: rounds }, (_, i) => i + 1),
    1,
    async (round) => {
      const label = `round ${round}`;
      const copy = copyProject(scenario.project);
      // The first holds the lock while it waits, so that the second always meets it.
      let second: ReturnType<typeof runChild> | undefined;
      const first = await runChild(copy.path, ['run', '--json'], {
        plan: { kind: 'hold', name: 'archive.write', holdMs: 3000 },
        onTalk: (text) => {
          if (text.includes('at archive.write')) second ??= runChild(copy.path, ['run', '--json']);
        },
      });
      const refused = await second;
      if (first.code !== 0) wrong.push(`${label}: the holder: ${describe(first)}`);
      if (refused?.code !== 4)
        wrong.push(
          `${label}: the second: ${refused === undefined ? 'not started' : describe(refused)}`,
        );
      const said = refused?.stderr ?? '';
      if (
        !/\b\d{2,}\b/.test(said) ||
        !said.includes('schoolhouse run') ||
        !said.includes('2025-03-10')
      ) {
        wrong.push(`${label}: it does not name pid, command and since: ${said.trim()}`);
      }
      wrong.push(
        ...[first, refused].flatMap((one) => (one === undefined ? [] : canaryIn(one, label))),
      );
      const { before, after } = scenario;
      wrong.push(...(await judge(copy, { before, after, label })).wrong);
      copy.close();
    },
  );
  scenario.close();
  tell('two runs at once', { tried: rounds, wrong: wrong.length });
  expect(wrong).toEqual([]);
});

it('row 5: two runs started together: one of them works, and neither breaks the other', async () => {
  const scenario = await firstRun();
  const wrong: string[] = [];
  const rounds = times(2, 20);
  for (let round = 1; round <= rounds; round++) {
    const label = `round ${round}`;
    const copy = copyProject(scenario.project);
    const both = await Promise.all([
      runChild(copy.path, ['run', '--json']),
      runChild(copy.path, ['run', '--json']),
    ]);
    const codes = both.map((one) => one.code).sort();
    // Where one is done before the other asks, both are fine.
    if (!['0,4', '0,0'].includes(codes.join(',')))
      wrong.push(`${label}: ${both.map(describe).join(' | ')}`);
    const { before, after } = scenario;
    wrong.push(...(await judge(copy, { before, after, label })).wrong);
    copy.close();
  }
  scenario.close();
  tell('two runs started together', { tried: rounds, wrong: wrong.length });
  expect(wrong).toEqual([]);
});

it('row 5: with --wait both end with 0 and every row is there once', async () => {
  const scenario = await firstRun();
  const wrong: string[] = [];
  const rounds = times(1, 20);
  for (let round = 1; round <= rounds; round++) {
    const label = `round ${round}, --wait`;
    const copy = copyProject(scenario.project);
    const args = ['run', '--json', '--wait', '60'];
    const both = await Promise.all([runChild(copy.path, args), runChild(copy.path, args)]);
    if (both.some((one) => one.code !== 0))
      wrong.push(`${label}: ${both.map(describe).join(' | ')}`);
    const { before, after } = scenario;
    wrong.push(...(await judge(copy, { before, after, label })).wrong);
    copy.close();
  }
  scenario.close();
  tell('two runs, --wait', { tried: rounds, wrong: wrong.length });
  expect(wrong).toEqual([]);
});

it('row 6: of two runs in one process the second is refused, and the first is whole', async () => {
  const project = newProject();
  deliver(project, deliveries[0] ?? {});
  const effects = await nodeEffects();
  const options = {
    projectFolder: project.path,
    packageFolder: packageFolder(),
    version: '0',
    flags: [],
  };
  const results = await Promise.allSettled([
    runProject(options, effects),
    runProject(options, effects),
  ]);
  const refused = results.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toMatchObject({ code: 'run.locked' });
  const once = await world(project.dataFolder);
  const again = await runChild(project.path, ['run', '--json']);
  expect(again.code).toBe(0);
  expect(sameWorld(await world(project.dataFolder), once)).toBe(true);
  project.close();
});
