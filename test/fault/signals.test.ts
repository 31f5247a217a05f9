import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseCases, eachCase, isSample, randomFrom, seed, tell, times } from './sampling.ts';
import { breakCopy, correction, type Scenario } from './scenario.ts';
import { canaryIn, describe, judge } from './verdict.ts';
import { differences, sameWorld, world } from './world.ts';

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
type Sent = keyof typeof codes;

/** A person who pressed Ctrl-C waits no longer. */
const longestMs = 5000;
const committed: ReadonlySet<string> = new Set(['current.after-rename', 'warehouse', 'garbage']);

let scenario: Scenario;
beforeAll(async () => {
  scenario = await correction();
});
afterAll(() => scenario?.close());

const pointsOf = (): readonly string[] => [
  ...new Set(scenario.calls.filter((one) => one.call === 'point').map((one) => one.path)),
];

it('row 4: one signal at any stage before the commit ends the run with 130 or 143 within 5 s, the old world there', async () => {
  const wrong: string[] = [];
  let slowestMs = 0;
  const points = pointsOf().filter((point) => !committed.has(point));
  const cases = points.flatMap((point) =>
    (Object.keys(codes) as Sent[]).map((signal) => ({ point, signal })),
  );
  const chosen = chooseCases(cases, 9);
  await eachCase(chosen, 2, async ({ point, signal }) => {
    const label = `${signal} at ${point}`;
    let sentAt = Date.now();
    const { copy, result } = await breakCopy(
      scenario,
      { kind: 'signal', name: point, signals: [signal], holdMs: 0 },
      {
        onTalk: (text) => {
          if (text.startsWith('at ')) sentAt = Date.now();
        },
      },
    );
    const waitedMs = Date.now() - sentAt;
    slowestMs = Math.max(slowestMs, waitedMs);
    if (waitedMs > longestMs) wrong.push(`${label}: it took ${waitedMs} ms to end`);
    if (result.code !== codes[signal]) wrong.push(`${label}: ${describe(result)}`);
    wrong.push(...canaryIn(result, label));
    const found = await world(copy.dataFolder);
    if (!sameWorld(found, scenario.before)) {
      wrong.push(
        `${label}: not the old world: ${differences(scenario.before, found).slice(0, 3).join('; ')}`,
      );
    }
    const { before, after } = scenario;
    wrong.push(...(await judge(copy, { before, after, label })).wrong);
    copy.close();
  });
  tell('signals before the commit', { tried: chosen.length, wrong: wrong.length, slowestMs });
  expect(wrong).toEqual([]);
  expect(chosen.length).toBeGreaterThan(0);
});

it('row 4: a signal after the commit never makes a committed run look undone', async () => {
  const wrong: string[] = [];
  for (const point of committed) {
    if (isSample && point !== 'current.after-rename') continue;
    const { copy, result } = await breakCopy(scenario, {
      kind: 'signal',
      name: point,
      signals: ['SIGINT'],
      holdMs: 0,
    });
    const isNew = sameWorld(await world(copy.dataFolder), scenario.after);
    if (!isNew) wrong.push(`${point}: a commit was taken back`);
    if (/nothing was changed|nothing changed|nothing was committed/i.test(result.stderr)) {
      wrong.push(`${point}: it committed and says that nothing changed (exit ${result.code})`);
    }
    const { before, after } = scenario;
    wrong.push(...(await judge(copy, { before, after, label: point })).wrong);
    copy.close();
  }
  expect(wrong).toEqual([]);
});

it('row 4: the second signal ends the process at once', async () => {
  const { copy, result } = await breakCopy(scenario, {
    kind: 'signal',
    name: 'bronze.part',
    signals: ['SIGINT', 'SIGINT'],
    holdMs: 60_000,
  });
  expect(result.code).toBe(130);
  expect(result.milliseconds).toBeLessThan(30_000);
  const verdict = await judge(copy, {
    before: scenario.before,
    after: scenario.after,
    label: 'twice',
  });
  expect(verdict.wrong).toEqual([]);
  copy.close();
});

it('row 4: a signal at a random moment, inside the engine or between, leaves the old world or the new one', async () => {
  const random = randomFrom(seed);
  const { copy: timed, result: whole } = await breakCopy(scenario, { kind: 'count' });
  timed.close();
  const moments = Array.from({ length: times(3, 40) }, () =>
    Math.round(random() * whole.milliseconds),
  );
  const wrong: string[] = [];
  let slowestMs = 0;
  await eachCase(moments, 2, async (moment) => {
    const killWith: Sent = moment % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const label = `${killWith} after ${moment} ms`;
    const { copy, result } = await breakCopy(
      scenario,
      { kind: 'count' },
      { killAfter: moment, killWith },
    );
    const waitedMs = result.milliseconds - moment;
    // Before Node has installed its handlers the signal itself ends the process.
    const isEarly = result.signal === killWith && result.stderr === '';
    if (!isEarly && result.code !== codes[killWith] && result.code !== 0)
      wrong.push(`${label}: ${describe(result)}`);
    if (result.code === codes[killWith]) slowestMs = Math.max(slowestMs, waitedMs);
    if (result.code === codes[killWith] && waitedMs > longestMs)
      wrong.push(`${label}: it took ${waitedMs} ms to end`);
    const { before, after } = scenario;
    wrong.push(...(await judge(copy, { before, after, label })).wrong);
    copy.close();
  });
  tell('signals at random moments', {
    tried: moments.length,
    wrong: wrong.length,
    slowestMs,
    seed,
  });
  expect(wrong).toEqual([]);
});
