import { appendFileSync } from 'node:fs';

/** FAULT_SAMPLE=1: the selection that fits a build server. Else everything, or the slice `i/n` of FAULT_SLICE. */
export const isSample = (process.env.FAULT_SAMPLE ?? '') !== '';

const [sliceIndex = 0, sliceCount = 1] = (process.env.FAULT_SLICE ?? '0/1').split('/').map(Number);

/** True when this process tries cases of every stage of a run, not one slice of them. */
export const isBroad = isSample || sliceCount === 1;

/** The cases that this process tries: every `step`-th in a sample, else its slice, which are neighbours: they share states. */
export const chooseCases = <T>(cases: readonly T[], step: number): readonly T[] =>
  isSample
    ? cases.filter((_, index) => index % step === step - 1)
    : cases.filter((_, index) => Math.floor((index * sliceCount) / cases.length) === sliceIndex);

/** How often something random or slow is done. */
export const times = (sample: number, all: number): number =>
  isSample ? sample : Math.ceil(all / sliceCount);

/** A seed of this process: FAULT_SEED, else one that differs by slice and is printed with the figures. */
export const seed = Number(process.env.FAULT_SEED ?? 1 + sliceIndex);

/** A small generator of numbers in [0, 1): the same seed gives the same faults. */
export const randomFrom = (start: number): (() => number) => {
  let state = (start * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

/** Runs `act` over all cases, `abreast` at a time. */
export const eachCase = async <T>(
  cases: readonly T[],
  abreast: number,
  act: (one: T) => Promise<void>,
): Promise<void> => {
  const left = [...cases];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: abreast }, worker));
};

/** Tells a figure of a suite: a line on the terminal, and in FAULT_REPORT for the long run. */
export const tell = (suite: string, figures: Readonly<Record<string, number | string>>): void => {
  const line = JSON.stringify({ suite, ...figures });
  process.stderr.write(`${line}\n`);
  const path = process.env.FAULT_REPORT;
  if (path !== undefined) appendFileSync(path, `${line}\n`);
};
