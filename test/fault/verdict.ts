import { leftFolders, leftovers } from './leftovers.ts';
import { type ChildOptions, type ChildResult, runChild } from './run-child.ts';
import { canary, type Folder } from './toy-school.ts';
import { brokenRules, differences, sameWorld, type World, world } from './world.ts';

/** The two worlds that a broken run may leave, and what to call the case in a message. */
export type Expected = { readonly before: World; readonly after: World; readonly label: string };

export type Verdict = {
  /** Everything that is wrong; empty when the case passed. */
  readonly wrong: readonly string[];
  /** The world that the fault left. */
  readonly left: 'old' | 'new' | 'other';
  /** Milliseconds of the run after it. */
  readonly recoveryMs: number;
};

/** What no process may ever print. */
export const canaryIn = (result: ChildResult, what: string): readonly string[] =>
  `${result.stdout}${result.stderr}`.includes(canary)
    ? [`${what} printed the value of a cell`]
    : [];

type Report = {
  readonly run_id: number | null;
  readonly status: string;
  readonly snapshot: number | null;
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
};

export const reportOf = (result: ChildResult): Report | undefined => {
  try {
    return JSON.parse(result.stdout);
  } catch {
    return undefined;
  }
};

export const describe = (result: ChildResult): string =>
  `exit ${result.code ?? result.signal}, ${result.stderr.trim().split('\n').slice(0, 4).join(' / ')}`;

const nameWorld = (found: World, expected: Expected): Verdict['left'] =>
  sameWorld(found, expected.after) ? 'new' : sameWorld(found, expected.before) ? 'old' : 'other';

/** The world that lies in a project now, and what is wrong about it. */
const judgeLeft = async (
  dataFolder: string,
  expected: Expected,
): Promise<{ readonly left: Verdict['left']; readonly wrong: readonly string[] }> => {
  try {
    const found = await world(dataFolder);
    const left = nameWorld(found, expected);
    if (left !== 'other') return { left, wrong: [] };
    const against = differences(expected.after, found).slice(0, 6).join('; ');
    return { left, wrong: [`neither the old world nor the new one: ${against}`] };
  } catch (error) {
    return {
      left: 'other',
      wrong: [`unreadable: ${error instanceof Error ? error.message : error}`],
    };
  }
};

/**
 * Judges what a fault left in a project, runs the program once more, and judges the end: the new world,
 * exit 0, nothing left over, keys unique, no cell printed.
 */
export const judge = async (
  project: Pick<Folder, 'path' | 'dataFolder'>,
  expected: Expected,
  options: { readonly next?: ChildOptions; readonly args?: readonly string[] } = {},
): Promise<Verdict> => {
  const { dataFolder, path } = project;
  const { left, wrong } = await judgeLeft(dataFolder, expected);
  const next = await runChild(path, ['run', '--json', ...(options.args ?? [])], options.next);
  const found: string[] = [...wrong, ...canaryIn(next, 'the next run')];
  if (next.code !== 0) found.push(`the next run: ${describe(next)}`);
  const end = await world(dataFolder).catch((error: unknown) => `unreadable: ${error}`);
  if (typeof end === 'string') found.push(end);
  else if (!sameWorld(end, expected.after)) {
    const against = differences(expected.after, end).slice(0, 6).join('; ');
    found.push(`the next run did not end in the new world: ${against}`);
  }
  found.push(...(await brokenRules(dataFolder).catch(() => [])));
  found.push(...leftovers(dataFolder).map((file) => `left over: ${file}`));
  found.push(...leftFolders(dataFolder).map((folder) => `left over: ${folder}/`));
  const labelled = [...new Set(found)].map((one) => `${expected.label}: ${one}`);
  return { wrong: labelled, left, recoveryMs: next.milliseconds };
};
