import { pipelineError } from '../base/index.ts';
import { generateErrors } from './errors.ts';
import { openRandom, type RandomStream, shuffle } from './random-stream.ts';
import { type Feed, plantable, type RowCode } from './row-code.ts';
import type { PlantCounts, School } from './school-options.ts';

/** Something that happens at one good row: it becomes bad, is repeated or corrected, or a blank record follows it. */
type Plant =
  | {
      readonly kind: 'bad';
      readonly codes: readonly RowCode[];
      /** 0 for the first row of these codes, 1 for the next: chooses among ways to be wrong. */
      readonly variant: number;
    }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'correction' }
  | { readonly kind: 'blank' };

/** Where it happens: ordinals (from 0) of a feed's good rows, ascending, one plant each. */
export type FeedPlan = { readonly positions: readonly number[]; readonly plants: readonly Plant[] };

type PerFeed<T> = Readonly<Record<Feed, T>>;

/** 3 %, and in a small feed 10: one that is refused by more than 5 % and 10 rows is set aside whole. */
const acceptable = (rows: number): number => Math.min(rows, Math.max(10, Math.floor(rows * 0.03)));

/** Room for bad rows. What the small feeds cannot take goes to attendance, as far as half of it is good. */
const badRoom = (rows: PerFeed<number>): PerFeed<number> => ({
  students: acceptable(rows.students),
  assessments: acceptable(rows.assessments),
  attendance: Math.floor(rows.attendance / 2),
});

/** The codes of each feed's bad rows: every code once as far as `count` goes, then by weight. */
const shareCodes = (count: number, room: PerFeed<number>): PerFeed<readonly RowCode[]> => {
  const shares: Record<Feed, RowCode[]> = { students: [], attendance: [], assessments: [] };
  let left = count;
  const take = (feed: Feed, code: RowCode): boolean => {
    if (left === 0 || shares[feed].length >= room[feed]) return false;
    shares[feed].push(code);
    left -= 1;
    return true;
  };
  const seen = new Set<RowCode>();
  for (const { feed, code } of plantable) {
    if (!seen.has(code) && take(feed, code)) seen.add(code);
  }
  const highest = Math.max(...plantable.map((entry) => entry.weight));
  let isMoving = true;
  while (left > 0 && isMoving) {
    isMoving = false;
    for (let round = 1; round <= highest; round += 1) {
      for (const { feed, code, weight } of plantable) {
        if (weight >= round && take(feed, code)) isMoving = true;
      }
    }
  }
  if (left > 0) {
    throw pipelineError(
      generateErrors,
      'generate.too-many-defects',
      { feed: 'the files', planted: count, room: count - left },
      { hint: 'Ask for fewer defects, or for more students or days.' },
    );
  }
  return shares;
};

/** What of 100 plants goes to students and assessments, and how many of 1000 assessments may be hit; the rest is attendance. */
type Shares = {
  readonly students: number;
  readonly assessments: number;
  readonly mostAssessments: number;
};

const split = (count: number, rows: PerFeed<number>, shares: Shares): PerFeed<number> => {
  const students = Math.min(Math.floor((count * shares.students) / 100), rows.students);
  const assessments = Math.min(
    Math.floor((count * shares.assessments) / 100),
    Math.floor((rows.assessments * shares.mostAssessments) / 1000),
  );
  return { students, assessments, attendance: count - students - assessments };
};

/** A file is set aside when over 1 % of its rows differ under one id, so few assessments are corrected. */
const correctionShares: Shares = { students: 0, assessments: 35, mostAssessments: 4 };
const duplicateShares: Shares = { students: 5, assessments: 35, mostAssessments: 100 };
const blankShares: Shares = { students: 10, assessments: 35, mostAssessments: 50 };

/** `count` different ordinals below `rows`, spread evenly with a random part. */
const spread = (count: number, rows: number, random: RandomStream): readonly number[] => {
  const width = rows / count;
  const positions: number[] = [];
  let last = -1;
  for (let i = 0; i < count; i += 1) {
    const wished = Math.floor((i + random.fraction()) * width);
    last = Math.max(last + 1, Math.min(wished, rows - (count - i)));
    positions.push(last);
  }
  return positions;
};

const badPlants = (codes: readonly RowCode[], combined: number): readonly Plant[] => {
  const seen = new Map<string, number>();
  return codes.map((code, i): Plant => {
    const both: readonly RowCode[] = i < combined ? ['date_invalid', 'status_unknown'] : [code];
    const name = both.join();
    const variant = seen.get(name) ?? 0;
    seen.set(name, variant + 1);
    return { kind: 'bad', codes: both, variant };
  });
};

const repeated = (plant: Plant, count: number): readonly Plant[] =>
  Array.from({ length: count }, () => plant);

/**
 * Decides where what is planted, for feeds with so many good rows. Rows with two reasons are attendance rows.
 * Throws `generate.too-many-defects` (usage) when the rows do not suffice.
 */
export const planPlants = (
  school: School,
  counts: PlantCounts,
  rows: PerFeed<number>,
): PerFeed<FeedPlan> => {
  const random = openRandom(school.seed, 'plants');
  const single = shareCodes(counts.defects - counts.combined, badRoom(rows));
  const duplicates = split(counts.duplicates, rows, duplicateShares);
  const corrections = split(counts.corrections, rows, correctionShares);
  const blanks = split(counts.blanks, rows, blankShares);
  const plan = (feed: Feed): FeedPlan => {
    const combined = feed === 'attendance' ? counts.combined : 0;
    const double = Array.from({ length: combined }, (): RowCode => 'date_invalid');
    const plants = shuffle<Plant>(
      [
        ...badPlants([...double, ...single[feed]], combined),
        ...repeated({ kind: 'duplicate' }, duplicates[feed]),
        ...repeated({ kind: 'correction' }, corrections[feed]),
        ...repeated({ kind: 'blank' }, blanks[feed]),
      ],
      random,
    );
    if (plants.length > rows[feed]) {
      throw pipelineError(generateErrors, 'generate.too-many-defects', {
        feed,
        planted: plants.length,
        room: rows[feed],
      });
    }
    return { plants, positions: spread(plants.length, rows[feed], random) };
  };
  return {
    students: plan('students'),
    attendance: plan('attendance'),
    assessments: plan('assessments'),
  };
};
