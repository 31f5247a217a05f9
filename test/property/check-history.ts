import fc from 'fast-check';
import { expect } from 'vitest';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';
import { readWorld } from '../kit/world.ts';
import { type History, history } from './history.ts';

const expectBalance = async (project: SchoolProject): Promise<void> => {
  const wrong = await project.rows(
    `select path, read, loaded, duplicate, superseded, blank, quarantined from meta.file
     where status = 'loaded' and read <> loaded + duplicate + superseded + blank + quarantined`,
  );
  expect(wrong).toEqual([]);
};

/** An empty project with the settings of a history. */
const openProject = async ({ replacesBatches }: History): Promise<SchoolProject> => {
  const project = await makeProject();
  const yaml = 'feeds: { attendance: { loadStrategy: replaceBatch } }\n';
  if (replacesBatches) await project.write('schoolhouse.yaml', yaml);
  return project;
};

/** What one run over the last versions of the files makes in an empty project. */
const worldOfLast = async (told: History): Promise<unknown> => {
  const { deliveries } = told;
  await using fresh = await openProject(told);
  const last = new Map(
    [...deliveries].sort((a, b) => a.run - b.run).map(({ path, text }) => [path, text]),
  );
  for (const [path, text] of last) await fresh.drop(path, text);
  await fresh.run();
  // Awaited here: the project is removed when this function ends.
  return await readWorld(fresh);
};

/**
 * Runs a history and compares it with one run over its last versions, or, where older versions still tell
 * something, with a full refresh of all that was ever received.
 */
const checkHistory = async (told: History): Promise<void> => {
  const { runs, deliveries, converges, isLarge } = told;
  const sizes = isLarge ? { few: 0, compared: 100_000, many: 0 } : undefined;
  await using project = await openProject(told);
  for (let run = 0; run < runs; run += 1) {
    for (const { path, text } of deliveries.filter((one) => one.run === run))
      await project.drop(path, text);
    expect((await project.run({ sizes })).status).not.toBe('data');
  }
  await expectBalance(project);
  const incremental = await readWorld(project);
  if (converges) {
    expect(incremental).toEqual(await worldOfLast(told));
    return;
  }
  expect((await project.run({ fullRefresh: true })).status).toBe('ok');
  await expectBalance(project);
  expect(incremental).toEqual(await readWorld(project));
};

/** The history of one seed; a failure is made smaller for at most two minutes and printed. */
export const checkSeed = (seed: number): Promise<void> =>
  fc.assert(fc.asyncProperty(history, checkHistory), {
    seed,
    numRuns: 1,
    unbiased: true,
    interruptAfterTimeLimit: 120_000,
  });

const wholeNumber = (text: string | undefined, otherwise: number): number =>
  text === undefined || text === '' ? otherwise : Number.parseInt(text, 10);

/**
 * Seeds to try: HISTORIES of them (20) from SEED on (1; random on CI, printed), every second one
 * beginning with `offset`, so that two files share them.
 */
export const seeds = (offset: 0 | 1): readonly number[] => {
  const count = wholeNumber(process.env.HISTORIES, 20);
  const hours = Math.floor(Date.now() / 3_600_000);
  const from = wholeNumber(process.env.SEED, process.env.CI === 'true' ? hours * 1000 : 1);
  return Array.from({ length: count }, (_, index) => from + index).filter(
    (_, index) => index % 2 === offset,
  );
};
