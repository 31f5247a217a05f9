import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallNote, FaultPlan } from './fault-plan.ts';
import { type ChildOptions, type ChildResult, runChild } from './run-child.ts';
import { copyProject, deliver, deliveries, type Folder, newProject } from './toy-school.ts';
import { describe } from './verdict.ts';
import { emptyWorld, type World, world } from './world.ts';

/** A delivery that is about to be run, with the worlds before and after it. Copies of `project` are broken, never itself. */
export type Scenario = {
  readonly name: string;
  readonly project: Folder;
  readonly before: World;
  readonly after: World;
  readonly calls: readonly CallNote[];
  readonly close: () => void;
};

const mustRun = async (project: Folder, options: ChildOptions = {}): Promise<ChildResult> => {
  const result = await runChild(project.path, ['run', '--json'], options);
  if (result.code !== 0) throw new Error(`an undisturbed run failed: ${describe(result)}`);
  return result;
};

const prepareScenario = async (name: string, nth: number): Promise<Scenario> => {
  const project = newProject();
  for (const files of deliveries.slice(0, nth)) {
    deliver(project, files);
    await mustRun(project);
  }
  const before = nth === 0 ? emptyWorld : await world(project.dataFolder);
  deliver(project, deliveries[nth] ?? {});
  const undisturbed = copyProject(project);
  const callsFile = join(undisturbed.path, 'calls.json');
  await mustRun(undisturbed, { env: { FAULT_CALLS: callsFile } });
  const after = await world(undisturbed.dataFolder);
  const calls: readonly CallNote[] = JSON.parse(readFileSync(callsFile, 'utf8'));
  undisturbed.close();
  return { name, project, before, after, calls, close: project.close };
};

/** The first run of a project. */
export const firstRun = (): Promise<Scenario> => prepareScenario('first run', 0);

/** A second run: a correction of an old month, a new day, an orphan's student, a class change. */
export const correction = (): Promise<Scenario> => prepareScenario('correction', 1);

/** A fresh copy of a scenario's project, run with a fault. */
export const breakCopy = async (
  scenario: Scenario,
  plan: FaultPlan,
  options: ChildOptions = {},
): Promise<{ readonly copy: Folder; readonly result: ChildResult }> => {
  const copy = copyProject(scenario.project);
  const result = await runChild(copy.path, ['run', '--json'], { ...options, plan });
  return { copy, result };
};
