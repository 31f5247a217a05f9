import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyEntry, type Disk, diskOf, type LossMode, materialise } from './disk-model.ts';
import type { JournalEntry } from './journal.ts';
import { runChild } from './run-child.ts';
import { chooseCases, eachCase, isBroad, isSample, randomFrom, seed, tell } from './sampling.ts';
import { correction, firstRun, type Scenario } from './scenario.ts';
import { copyProject, type Folder, newProject } from './toy-school.ts';
import { treeState } from './tree-state.ts';
import { judge } from './verdict.ts';

const hour = 3_600_000;
const abreast = 2;

type Recording = {
  readonly entries: readonly JournalEntry[];
  readonly journalFolder: string;
  /** The project that was recorded; the paths of the journal lie in it. */
  readonly project: Folder;
  /** What lay in its data folder before the run, kept in the journal's folder. */
  readonly base: readonly { readonly path: string; readonly content: string }[];
};

const keepBase = (dataFolder: string, journalFolder: string): Recording['base'] => {
  mkdirSync(journalFolder, { recursive: true });
  return readdirSync(dataFolder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry, index) => {
      const path = join(entry.parentPath, entry.name);
      const content = `base-${index}.bytes`;
      copyFileSync(path, join(journalFolder, content));
      return { path, content };
    });
};

const record = async (scenario: Scenario): Promise<Recording> => {
  const project = copyProject(scenario.project);
  const journalFolder = mkdtempSync(join(tmpdir(), 'fault-journal-'));
  const base = keepBase(project.dataFolder, journalFolder);
  const result = await runChild(project.path, ['run', '--json'], {
    plan: { kind: 'record' },
    env: { FAULT_JOURNAL: journalFolder },
  });
  expect(result.code).toBe(0);
  const entries = readFileSync(join(journalFolder, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): JournalEntry => JSON.parse(line));
  return { entries, journalFolder, project, base };
};

/** The project as it is found when the power goes after `cut` entries of the journal. */
const afterCut = (recording: Recording, cut: number, mode: LossMode): Folder => {
  const disk: Disk = diskOf(recording.project.dataFolder, recording.base);
  for (const entry of recording.entries.slice(0, cut)) applyEntry(disk, entry);
  const found = newProject();
  const { journalFolder, project } = recording;
  const random = randomFrom(seed * 1000 + cut);
  materialise(
    disk,
    { mode, random },
    { journalFolder, from: project.dataFolder, to: found.dataFolder },
  );
  return found;
};

type Cut = { readonly cut: number; readonly mode: LossMode };

const modes: readonly LossMode[] = ['strict', 'names first', 'some'];

describe.each([
  { name: 'first run', prepare: firstRun },
  { name: 'correction', prepare: correction },
])('row 3: the power goes during a $name', ({ name, prepare }) => {
  it(
    'leaves the old world or the new one, and the next run ends in the new one',
    async () => {
      const scenario = await prepare();
      const recording = await record(scenario);
      const { length } = recording.entries;
      const cuts = modes.flatMap((mode): readonly Cut[] =>
        recording.entries.map((_, index) => ({ cut: index + 1, mode })),
      );
      const states = new Set<string>();
      const figures = { tried: 0, old: 0, new: 0, other: 0 };
      const wrong: string[] = [];
      await eachCase(chooseCases(cuts, isSample ? 90 : 1), abreast, async ({ cut, mode }) => {
        const found = afterCut(recording, cut, mode);
        try {
          figures.tried += 1;
          const state = treeState(found.dataFolder);
          if (states.has(state)) return;
          states.add(state);
          const at = JSON.stringify(recording.entries[cut - 1]).replaceAll(
            recording.project.path,
            '',
          );
          const label = `${name}, ${mode}, cut after ${cut} of ${length} (${at})`;
          const verdict = await judge(found, {
            before: scenario.before,
            after: scenario.after,
            label,
          });
          figures[verdict.left] += 1;
          wrong.push(...verdict.wrong);
        } finally {
          found.close();
        }
      });
      // A run that has told its end may not lose it.
      const end = afterCut(recording, length, 'strict');
      const verdict = await judge(end, {
        before: scenario.before,
        after: scenario.after,
        label: 'after the end',
      });
      expect(verdict.left).toBe('new');
      end.close();
      recording.project.close();
      rmSync(recording.journalFolder, { recursive: true });
      scenario.close();
      tell(`power cut, ${name}`, { ...figures, states: states.size, wrong: wrong.length, seed });
      expect(wrong).toEqual([]);
      expect(isBroad ? figures.old : figures.old + figures.new).toBeGreaterThan(0);
    },
    hour,
  );
});
