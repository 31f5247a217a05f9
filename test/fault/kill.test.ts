import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from './fault-plan.ts';
import { runChild } from './run-child.ts';
import { chooseCases, eachCase, isBroad, isSample, tell } from './sampling.ts';
import { breakCopy, correction, firstRun, type Scenario } from './scenario.ts';
import { attendanceDay, deliver } from './toy-school.ts';
import { treeState } from './tree-state.ts';
import { canaryIn, judge, reportOf } from './verdict.ts';
import { brokenRules, openWorld } from './world.ts';

const abreast = 2;
const hour = 3_600_000;

/** What the ledger must tell of a killed run: once, and of no run that committed. */
const storyProblems = async (dataFolder: string): Promise<readonly string[]> => {
  const opened = await openWorld(dataFolder);
  if (opened === undefined) return [];
  try {
    const rows = await opened.rows(
      'select run_id, list(status) as said from meta.run group by run_id having count(*) > 1',
    );
    return rows.map((row) => `meta.run tells run ${row.run_id} twice`);
  } finally {
    opened.close();
  }
};

type Tally = {
  tried: number;
  /** Those that were killed: past the last call nothing is. */
  killed: number;
  old: number;
  new: number;
  recoveryMs: number;
  wrong: string[];
  /** States of the disk that were judged: two points between which nothing was written are one. */
  readonly states: Set<string>;
};

const killAndJudge = async (scenario: Scenario, plan: FaultPlan, tally: Tally): Promise<void> => {
  const label = `${scenario.name}, ${JSON.stringify(plan)}`;
  const { copy, result } = await breakCopy(scenario, plan);
  try {
    // Their number moves by a few between runs.
    if (result.signal !== 'SIGKILL' && result.code !== 0)
      tally.wrong.push(`${label}: exit ${result.code}`);
    tally.wrong.push(...canaryIn(result, label));
    tally.tried += 1;
    if (result.signal === 'SIGKILL') tally.killed += 1;
    const state = treeState(copy.dataFolder);
    if (tally.states.has(state)) return;
    tally.states.add(state);
    const { before, after } = scenario;
    const verdict = await judge(copy, { before, after, label });
    if (verdict.left !== 'other') tally[verdict.left] += 1;
    tally.recoveryMs = Math.max(tally.recoveryMs, verdict.recoveryMs);
    tally.wrong.push(...verdict.wrong);
    tally.wrong.push(...(await storyProblems(copy.dataFolder)).map((one) => `${label}: ${one}`));
  } finally {
    copy.close();
  }
};

describe.each([
  { name: 'first run', prepare: firstRun },
  { name: 'correction', prepare: correction },
])('row 1: a $name killed', ({ name, prepare }) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await prepare();
  });
  afterAll(() => scenario?.close());

  const killAll = async (suite: string, plans: readonly FaultPlan[]): Promise<void> => {
    const tally: Tally = {
      tried: 0,
      killed: 0,
      old: 0,
      new: 0,
      recoveryMs: 0,
      wrong: [],
      states: new Set(),
    };
    await eachCase(plans, abreast, (plan) => killAndJudge(scenario, plan, tally));
    const { tried, killed, recoveryMs, wrong, states } = tally;
    const worlds = { old: tally.old, new: tally.new, wrong: wrong.length };
    tell(`${suite}, ${name}`, { tried, killed, states: states.size, ...worlds, recoveryMs });
    expect(wrong).toEqual([]);
    expect(killed).toBeGreaterThan(0);
    expect(isBroad ? tally.old : tally.old + tally.new).toBeGreaterThan(0);
  };

  it(
    'at each named point leaves the old world or the new one, and the next run ends in the new one',
    async () => {
      const points = [
        ...new Set(scenario.calls.filter((one) => one.call === 'point').map((one) => one.path)),
      ];
      expect(points.length).toBeGreaterThanOrEqual(12);
      const plans = points.map((point): FaultPlan => ({ kind: 'kill-point', name: point, nth: 1 }));
      await killAll(
        'SIGKILL at named points',
        isSample && name === 'first run'
          ? plans.filter((_, i) => i % 4 === 0)
          : chooseCases(plans, 1),
      );
    },
    hour,
  );

  it(
    'at any call of the disk leaves the old world or the new one, and the next run ends in the new one',
    async () => {
      const plans = scenario.calls.map((_, index): FaultPlan => ({ kind: 'kill', at: index + 1 }));
      await killAll('SIGKILL at calls', chooseCases(plans, name === 'first run' ? 60 : 15));
    },
    hour,
  );

  it(
    'in the middle of a write leaves the old world or the new one',
    async () => {
      const torn = scenario.calls.flatMap(({ call }, index): readonly FaultPlan[] =>
        call === 'file.write' || call === 'writeText'
          ? [{ kind: 'kill', at: index + 1, torn: true }]
          : [],
      );
      await killAll('torn writes', chooseCases(torn, 6));
    },
    hour,
  );
});

type RunRow = { readonly run: number; readonly status: string };

const toldRuns = async (dataFolder: string): Promise<readonly RunRow[]> => {
  const opened = await openWorld(dataFolder);
  const rows = (await opened?.rows('select run_id, status from meta.run order by run_id')) ?? [];
  opened?.close();
  return rows.map((row) => ({ run: Number(row.run_id), status: String(row.status) }));
};

const newDay = { 'attendance-0305.csv': attendanceDay('2025-03-05', 3) };

it('row 1: status and the ledger tell of a run that was killed, and of the next one that went on', async () => {
  const scenario = await correction();
  const { copy } = await breakCopy(scenario, { kind: 'kill-point', name: 'checks', nth: 1 });
  const told = await runChild(copy.path, ['status']);
  expect(told.code).toBe(0);
  expect(told.stdout).toMatch(/run 2 was killed at /);
  const next = await runChild(copy.path, ['run', '--json']);
  expect(reportOf(next)?.warnings.map((warning) => warning.code)).toContain('run_killed');
  expect(await toldRuns(copy.dataFolder)).toEqual([
    { run: 1, status: 'ok' },
    { run: 2, status: 'killed' },
    { run: 3, status: 'ok' },
  ]);
  expect((await runChild(copy.path, ['status'])).stdout).not.toMatch(/was killed/);
  copy.close();
  scenario.close();
});

it.each(['current.after-rename', 'warehouse', 'garbage'])(
  'row 1: a run that was killed after its commit (%s) is told once, as done',
  async (point) => {
    const scenario = await correction();
    const { copy } = await breakCopy(scenario, { kind: 'kill-point', name: point, nth: 1 });
    expect((await runChild(copy.path, ['status'])).stdout).not.toMatch(
      /[Nn]othing of it was committed/,
    );
    deliver(copy, newDay);
    const next = await runChild(copy.path, ['run', '--json']);
    expect(next.code).toBe(0);
    expect(next.stdout).not.toMatch(/[Nn]othing of it was committed/);
    expect(await toldRuns(copy.dataFolder)).toEqual([
      { run: 1, status: 'ok' },
      { run: 2, status: 'ok' },
      { run: 3, status: 'ok' },
    ]);
    expect(await brokenRules(copy.dataFolder)).toEqual([]);
    copy.close();
    scenario.close();
  },
);
