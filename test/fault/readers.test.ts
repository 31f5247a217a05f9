import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { childPath } from './fault-build.ts';
import { leftovers } from './leftovers.ts';
import { runChild } from './run-child.ts';
import { isSample, tell } from './sampling.ts';
import { attendanceDay, deliver, newProject, roster } from './toy-school.ts';
import { describe } from './verdict.ts';

const students = 50;
const commits = isSample ? 5 : 50;
const readerProcesses = isSample ? 1 : 4;
const readersEach = isSample ? 4 : 5;

type Line = {
  readonly snapshot?: number;
  readonly answer?: string;
  readonly milliseconds?: number;
  readonly error?: string;
};

const startReaders = (dataFolder: string) => {
  const lines: Line[] = [];
  let rest = '';
  const child = spawn(
    process.execPath,
    [childPath('reader-child'), join(dataFolder), String(readersEach)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, TZ: 'UTC' } },
  );
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    lines.push(...pieces.map((piece): Line => JSON.parse(piece)));
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    lines,
    stop: async (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

/** School days from 1 February on, one a commit. */
const dayOf = (commit: number): string =>
  new Date(Date.UTC(2025, 1, commit)).toISOString().slice(0, 10);

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;

it('row 7: readers in a loop while runs commit: every answer is from one snapshot, none fails', async () => {
  // Few snapshots kept and no grace: parts that only a lease keeps must stay all the same.
  const project = newProject('timezone: UTC\nlake:\n  keep: 2\n  grace_days: 0\n');
  // Leases and clocks must agree, so the runs keep the real time.
  const options = { env: { FAULT_NOW: '' } };
  deliver(project, {
    'students.csv': roster(students),
    [`attendance-${dayOf(1)}.csv`]: attendanceDay(dayOf(1), students),
  });
  const first = await runChild(project.path, ['run', '--json'], options);
  expect(describe(first)).toMatch(/^exit 0/);
  const readers = Array.from({ length: readerProcesses }, () => startReaders(project.dataFolder));
  const failedRuns: string[] = [];
  for (let commit = 2; commit <= commits + 1; commit++) {
    deliver(project, {
      [`attendance-${dayOf(commit)}.csv`]: attendanceDay(dayOf(commit), students),
    });
    const run = await runChild(project.path, ['run', '--json'], options);
    if (run.code !== 0) failedRuns.push(describe(run));
  }
  await Promise.all(readers.map((reader) => reader.stop()));
  const lines = readers.flatMap((reader) => reader.lines);
  const errors = lines.filter((line) => line.error !== undefined);
  const bySnapshot = new Map<number, Set<string>>();
  for (const { snapshot, answer } of lines) {
    if (snapshot === undefined || answer === undefined) continue;
    bySnapshot.set(snapshot, (bySnapshot.get(snapshot) ?? new Set()).add(answer));
  }
  const mixed = [...bySnapshot].filter(([, answers]) => answers.size !== 1);
  const wrong = [...bySnapshot].flatMap(([snapshot, answers]) => {
    const rows = snapshot * students;
    const { bronze_rows, fact_rows, ledger_rows, mart_rows, run } = JSON.parse(
      [...answers][0] ?? '{}',
    );
    return [bronze_rows, fact_rows, ledger_rows, mart_rows].every((n) => Number(n) === rows) &&
      run === snapshot
      ? []
      : [`snapshot ${snapshot}: ${[...answers][0]} instead of ${rows} rows`];
  });
  const milliseconds = lines.flatMap((line) => line.milliseconds ?? []);
  tell('readers while runs commit', {
    readers: readerProcesses * readersEach,
    commits,
    answers: lines.length,
    snapshots: bySnapshot.size,
    errors: errors.length,
    wrong: wrong.length + mixed.length + failedRuns.length,
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
  });
  expect(failedRuns).toEqual([]);
  expect(errors.slice(0, 5)).toEqual([]);
  expect(mixed).toEqual([]);
  expect(wrong).toEqual([]);
  expect(bySnapshot.size).toBeGreaterThan(commits / 2);
  // The last run came while readers held leases; one more run finds none.
  deliver(project, {
    [`attendance-${dayOf(commits + 2)}.csv`]: attendanceDay(dayOf(commits + 2), students),
  });
  expect((await runChild(project.path, ['run', '--json'], options)).code).toBe(0);
  expect(leftovers(project.dataFolder)).toEqual([]);
  project.close();
}, 1_800_000);
