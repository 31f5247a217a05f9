import { execFileSync } from 'node:child_process';
import { cp, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { studentsCsv } from '../kit/csv.ts';
import { makeProject, packageFolder, type SchoolProject } from '../kit/school-project.ts';
import { typeCommand } from '../kit/type-command.ts';

// Whoever commits a project after a run must not commit a child's data.

const git = (project: SchoolProject, ...args: readonly string[]): readonly string[] =>
  execFileSync('git', ['-C', project.folder, ...args], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
    .sort();

/** What a commit of everything would take in, relative to the project. */
const committed = (project: SchoolProject): readonly string[] => {
  git(project, 'init', '--quiet');
  return git(project, 'ls-files', '--others', '--exclude-standard');
};

/** Writes everything that a run and its readers ever write. */
const useAll = async (project: SchoolProject): Promise<void> => {
  for (const args of [['run'], ['query', '--values', 'select 1'], ['status'], ['doctor']])
    await typeCommand(project, ...args);
  // What a killed run leaves.
  for (const left of ['run.lock', 'warehouse.duckdb.wal', 'tmp/7/spill', 'run.json.4711'])
    await project.write(`data/${left}`, '');
  expect(await readdir(join(project.folder, 'data'))).toEqual(
    expect.arrayContaining([
      ...['access.jsonl', 'archive', 'lake', 'lock.duckdb', 'models.json', 'raw', 'run.json'],
      ...['run.lock', 'seen.json', 'tmp', 'warehouse.duckdb', 'warehouse.json'],
    ]),
  );
};

it('a project that init made commits its settings, and neither raw files nor what a run wrote', async () => {
  await using project = await makeProject({ 'students.csv': studentsCsv([['S1', 'C1']]) });
  expect((await typeCommand(project, 'init')).stderr).toContain('data/.gitignore');
  await useAll(project);
  await project.remove('models');
  expect(committed(project)).toEqual(['data/.gitignore', 'schoolhouse.yaml']);
});

const examples = join(packageFolder, 'examples');
it.each(await readdir(examples))('the example %s commits what it came with', async (name) => {
  await using project = await makeProject();
  const example = join(examples, name);
  const isRun = (path: string): boolean => /^data.(?!raw)/.test(relative(example, path));
  await cp(example, project.folder, { recursive: true, filter: (path) => !isRun(path) });
  const before = committed(project);
  expect(before).toContain('data/raw/students.csv');
  await useAll(project);
  expect(committed(project)).toEqual(before);
});
