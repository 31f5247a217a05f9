import { spawn } from 'node:child_process';
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChildResult, runChild } from './run-child.ts';
import { tell } from './sampling.ts';
import { correction, type Scenario } from './scenario.ts';
import { copyProject, type Folder } from './toy-school.ts';
import { canaryIn, describe, judge, reportOf } from './verdict.ts';
import { sameWorld, world } from './world.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await correction();
});
afterAll(() => scenario?.close());

/** A description as the lock's holder writes it, with some words replaced. */
const holderText = (words: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify({
    ...{ id: '00000000-0000-4000-8000-000000000000', run: 7, command: 'schoolhouse run' },
    ...{ since: '2025-03-01T00:00:00.000Z', pid: 1, host: 'elsewhere', bootId: 'none', start: '1' },
    ...words,
  })}\n`;

const lockPath = (project: Folder): string => join(project.dataFolder, 'lock.duckdb');
const holderPath = (project: Folder): string => join(project.dataFolder, 'run.lock');

/** The run after `spoil` must take over, end in the new world, and say so once where a description lay there. */
const expectTakeover = async (spoil: (project: Folder) => void, isSaid: boolean): Promise<void> => {
  const copy = copyProject(scenario.project);
  spoil(copy);
  const result = await runChild(copy.path, ['run', '--json']);
  expect(describe(result)).toMatch(/^exit 0/);
  expect(canaryIn(result, 'the run')).toEqual([]);
  expect(sameWorld(await world(copy.dataFolder), scenario.after)).toBe(true);
  const said = `${result.stderr}${JSON.stringify(reportOf(result)?.warnings ?? [])}`;
  if (isSaid)
    expect(
      said.match(/took over|taken over|lock_taken|run_killed|stale lock/gi) ?? [],
    ).not.toHaveLength(0);
  const { before, after } = scenario;
  const verdict = await judge(copy, { before, after, label: 'afterwards' });
  expect(verdict.wrong).toEqual([]);
  copy.close();
};

it('row 8: run.lock of a process that is gone is taken over, and said', () =>
  expectTakeover(
    (project) => writeFileSync(holderPath(project), holderText({ pid: 4_000_000 })),
    true,
  ));

it('row 8: an empty run.lock is taken over, and said', () =>
  expectTakeover((project) => writeFileSync(holderPath(project), ''), true));

it('row 8: a half-written run.lock is taken over, and said', () =>
  expectTakeover(
    (project) => writeFileSync(holderPath(project), holderText({}).slice(0, 30)),
    true,
  ));

it('row 9: run.lock of another host is taken over, and said: the kernel lock decides', () =>
  expectTakeover(
    (project) => writeFileSync(holderPath(project), holderText({ host: 'elsewhere' })),
    true,
  ));

it('row 9: run.lock that names a process which got its number later is taken over, and said', async () => {
  const sleeper = spawn('sleep', ['120']);
  try {
    await expectTakeover(
      (project) => writeFileSync(holderPath(project), holderText({ pid: sleeper.pid })),
      true,
    );
  } finally {
    sleeper.kill();
  }
});

it.each([
  ['missing', (path: string) => unlinkSync(path)],
  ['empty', (path: string) => writeFileSync(path, '')],
  ['garbage', (path: string) => writeFileSync(path, 'x'.repeat(20_000))],
])('row 9: a lock file that is %s blocks nobody', (_what, spoil) =>
  expectTakeover((project) => spoil(lockPath(project)), false),
);

/** Starts a second run while the first waits at a point, after the first has lost its lock in some way. */
const runBeside = async (
  copy: Folder,
  loseLock: 'opens it' | 'is unlinked' | 'is garbage' | 'is empty',
): Promise<{ readonly first: ChildResult; readonly second: ChildResult | undefined }> => {
  const path = lockPath(copy);
  let second: Promise<ChildResult> | undefined;
  const isOpened = loseLock === 'opens it';
  const holdMs = 5000;
  const first = await runChild(copy.path, ['run', '--json'], {
    plan: isOpened
      ? { kind: 'open-file', name: 'checks', path, holdMs }
      : { kind: 'hold', name: 'checks', holdMs },
    onTalk: (text) => {
      if (!text.includes('at checks') || second !== undefined) return;
      if (loseLock === 'is unlinked') unlinkSync(path);
      if (loseLock === 'is garbage') writeFileSync(path, 'y'.repeat(20_000));
      if (loseLock === 'is empty') writeFileSync(path, '');
      second = runChild(copy.path, ['run', '--json']);
    },
  });
  return { first, second: await second };
};

it.each(['opens it', 'is unlinked', 'is garbage', 'is empty'] as const)(
  'row 9: a lock file that %s under its holder never makes two writers',
  async (how) => {
    const copy = copyProject(scenario.project);
    const { first, second } = await runBeside(copy, how);
    const codes = [first.code, second?.code];
    tell(`lock file ${how}`, { first: String(first.code), second: String(second?.code) });
    // Whoever could not commit says so; a commit that was told stays.
    for (const result of [first, second]) {
      if (result === undefined) continue;
      expect([0, 3, 4]).toContain(result.code);
      expect(canaryIn(result, how)).toEqual([]);
    }
    expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(1);
    const { before, after } = scenario;
    const verdict = await judge(copy, { before, after, label: how });
    expect(verdict.wrong).toEqual([]);
    copy.close();
  },
);

it('a finished run leaves no description of itself', async () => {
  const copy = copyProject(scenario.project);
  await runChild(copy.path, ['run', '--json']);
  expect(existsSync(holderPath(copy))).toBe(false);
  expect(JSON.parse(readFileSync(join(copy.dataFolder, 'run.json'), 'utf8')).state).toBe('done');
  copy.close();
});
