import { join } from 'node:path';
import { type Effects, type PipelineError, pipelineError } from '../../base/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  describeDifference,
  type ModelGraph,
  modelErrors,
  runCheckTrip,
  runModelTest,
} from '../../model/index.ts';

export type TestedModels = { readonly tests: number; readonly failed: readonly PipelineError[] };

/**
 * Runs the tests of a project's own models, and its own checks over the rows that should trip them. Those
 * that come with the program are tested before it is published.
 */
export const testOwnModels = async (
  engine: Engine,
  { graph, projectFolder }: { readonly graph: ModelGraph; readonly projectFolder: string },
  effects: Pick<Effects, 'fs'>,
): Promise<TestedModels> => {
  const known = new Map<string, boolean>();
  const isOwn = async (file: string): Promise<boolean> => {
    const found =
      known.get(file) ?? (await effects.fs.stat(join(projectFolder, file)))?.kind === 'file';
    known.set(file, found);
    return found;
  };
  const failed: PipelineError[] = [];
  let tests = 0;
  const tell = (
    user: string,
    differences: readonly string[],
    place: PipelineError['place'],
  ): void => {
    tests += 1;
    for (const difference of differences)
      failed.push(pipelineError(modelErrors, 'model.test-failed', { user, difference }, { place }));
  };
  for (const model of graph.models) {
    for (const test of model.tests) {
      if (!(await isOwn(test.place.file))) continue;
      const differences = await runModelTest(engine, graph, model, test);
      tell(
        `The test "${test.name}" of ${model.relation}`,
        differences.map(describeDifference),
        test.place,
      );
    }
  }
  for (const check of graph.checks) {
    if (!(await isOwn(check.place.file))) continue;
    const differences = await runCheckTrip(engine, graph, check);
    tell(`The check ${check.name}`, differences.map(describeDifference), check.place);
  }
  return { tests, failed };
};
